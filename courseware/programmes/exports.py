"""Writing a programme as the YAML file that it can be read from again."""

from courseware.programmes.plain_rules import programme_data
from courseware.programmes.rules import ProgrammeFacts
from courseware.yaml_files import write_yaml


def write_programme(facts: ProgrammeFacts) -> bytes:
    """The YAML file of a programme."""
    return write_yaml(programme_data(facts)).encode()
