"""Questionnaires as YAML files that people write."""

from courseware.errors import BadInput
from courseware.feedback.questionnaire_rules import questionnaire_from
from courseware.feedback.rules import Questionnaire, WrongQuestionnaire
from courseware.yaml_files import UnreadableYaml, read_yaml

MOST_SENTENCES = 50


def read_questionnaire(data: bytes) -> Questionnaire:
    """Read a questionnaire's YAML; raise BadInput with a sentence for each fault."""
    try:
        return questionnaire_from(read_yaml(data).value)
    except UnreadableYaml as error:
        raise BadInput(error.messages) from None
    except WrongQuestionnaire as error:
        raise BadInput(error.problems[:MOST_SENTENCES]) from None
