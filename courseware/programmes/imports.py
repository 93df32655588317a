"""Reading a programme from its YAML file."""

from courseware.messages import Message
from courseware.programmes.plain_rules import programme_from
from courseware.programmes.rules import ProgrammeFacts, WrongProgramme
from courseware.yaml_files import UnreadableYaml, read_yaml


class UnreadableProgramme(ValueError):
    """The file is not a programme; `messages` name line, field and what to write."""

    def __init__(self, messages: list[Message]) -> None:
        super().__init__("\n".join(str(message) for message in messages))
        self.messages = messages


def read_programme(data: bytes) -> ProgrammeFacts:
    """The programme in a YAML file. Raises UnreadableProgramme with every problem found."""
    try:
        file = read_yaml(data)
        return programme_from(file.value)
    except UnreadableYaml as error:
        raise UnreadableProgramme(error.messages) from error
    except WrongProgramme as error:
        raise UnreadableProgramme(
            [
                Message(
                    "Line %(line)s, %(field)s: %(why)s",
                    line=file.line_of(problem.path) or 1,
                    field=problem.path or "file",
                    why=problem.message,
                )
                for problem in error.problems
            ]
        ) from error
