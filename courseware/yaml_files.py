"""YAML files that people write: read strictly and with line numbers, written to be read.

Only `true` and `false` are truth values, so that the country NO stays Norway; a key given twice
and an alias, with which a small file can grow without bound, are refused.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from courseware.messages import Message

MAX_BYTES = 2**20
_MAX_DEPTH = 20
_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,14})")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,14})\.[0-9]{1,15}")


class UnreadableYaml(ValueError):
    """The file is not YAML of the kind that is read; `messages` say where and why."""

    def __init__(self, *messages: Message) -> None:
        super().__init__(" ".join(str(message) for message in messages))
        self.messages = list(messages)


@dataclass(frozen=True)
class YamlFile:
    """What a file says, and on which line it says it: `lines["modules[2].hours"] == 34`."""

    value: Any
    lines: Mapping[str, int]

    def line_of(self, path: str) -> int | None:
        """The line of `path`, or of the nearest thing that holds it."""
        while path:
            if path in self.lines:
                return self.lines[path]
            path = path[: max(path.rfind("."), path.rfind("["), 0)]
        return None


class _Loader(yaml.SafeLoader):
    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            line = self.peek_event().start_mark.line + 1
            raise UnreadableYaml(
                Message("Line %(line)s: aliases (*name) are not read. Write it out.", line=line)
            )
        return super().compose_node(parent, index)


def read_yaml(data: bytes) -> YamlFile:
    """Read one YAML document; list items are counted from 1 in paths. Raises UnreadableYaml."""
    if len(data) > MAX_BYTES:
        raise UnreadableYaml(Message("The file is larger than 1 MB; too large to read."))
    try:
        loader = _Loader(data.decode("utf-8-sig"))
        node = loader.get_single_node()
    except UnicodeDecodeError as error:
        raise UnreadableYaml(Message("The file is not text in UTF-8. Save it as UTF-8.")) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise UnreadableYaml(
            Message(
                "Line %(line)s, column %(column)s: this is not YAML (%(problem)s). "
                "Look for a missing quotation mark or wrong indentation there or just before.",
                line=mark.line + 1 if mark else 1,
                column=mark.column + 1 if mark else 1,
                problem=error.problem or error.context or "?",
            )
        ) from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        if isinstance(error, UnreadableYaml):
            raise
        raise UnreadableYaml(Message("The file cannot be read as YAML.")) from error
    lines: dict[str, int] = {}
    return YamlFile(_value(node, "", lines, 0) if node else None, lines)


def _value(node: Any, path: str, lines: dict[str, int], depth: int) -> Any:
    line = node.start_mark.line + 1
    lines[path] = line
    if depth > _MAX_DEPTH:
        raise UnreadableYaml(Message("Line %(line)s: too many levels.", line=line))
    if isinstance(node, yaml.MappingNode):
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise UnreadableYaml(Message("Line %(line)s: a key must be a word.", line=line))
            key = key_node.value
            if key in found:
                raise UnreadableYaml(
                    Message(
                        "Line %(line)s: “%(key)s” is given twice. Remove one of them.",
                        line=key_node.start_mark.line + 1,
                        key=key,
                    )
                )
            inner = f"{path}.{key}" if path else key
            found[key] = _value(value_node, inner, lines, depth + 1)
            lines[inner] = key_node.start_mark.line + 1
        return found
    if isinstance(node, yaml.SequenceNode):
        return [
            _value(item, f"{path}[{at}]", lines, depth + 1)
            for at, item in enumerate(node.value, start=1)
        ]
    return _scalar(node)


def _scalar(node: Any) -> str | int | float | bool | None:
    text: str = node.value
    if node.style is not None:  # in quotation marks, or a block of text
        return text
    if text in ("", "~", "null"):
        return None
    if text in ("true", "false"):
        return text == "true"
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _NUMBER.fullmatch(text) else text


class _Dumper(yaml.SafeDumper):
    def increase_indent(self, flow: bool = False, indentless: bool = False) -> Any:
        return super().increase_indent(flow, False)

    def ignore_aliases(self, data: Any) -> bool:
        return True


# PyYAML writes these as they are and reads them as the end of a line, unless they are escaped.
_RARE_LINE_ENDS = re.compile("[\x85\u2028\u2029]")


def _text_node(dumper: yaml.SafeDumper, text: str) -> Any:
    style = '"' if _RARE_LINE_ENDS.search(text) else "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text_node)


def write_yaml(value: Any) -> str:
    """`value` as YAML in its own order, with its letters as they are; `read_yaml` gives it back."""
    return yaml.dump(value, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=96, indent=2)
