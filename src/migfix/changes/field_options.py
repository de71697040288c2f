"""Options of a field that change no value of a row that is there."""

from __future__ import annotations

_WORDS = ("verbose_name", "help_text", "error_messages", "db_comment")
_FORMS = (
    "blank",
    "validators",
    "editable",
    "limit_choices_to",
    "unique_for_date",
    "unique_for_month",
    "unique_for_year",
    "allow_unicode",
    "path",
    "match",
    "recursive",
    "allow_files",
    "allow_folders",
    "unpack_ipv4",
    "protocol",
    "size",
)
_VALUES = (
    "default",
    "auto_now",
    "auto_now_add",
    "auto_created",
    "serialize",
    "upload_to",
    "storage",
    "width_field",
    "height_field",
    "encoder",
    "decoder",
)
_RELATIONS = (
    "on_delete",
    "related_name",
    "related_query_name",
    "symmetrical",
    "swappable",
    "parent_link",
    "through_fields",
)
_COLUMNS = ("db_column", "db_default", "db_tablespace", "name")

OF_PYTHON = frozenset((*_WORDS, *_FORMS, *_VALUES, *_RELATIONS, *_COLUMNS))
