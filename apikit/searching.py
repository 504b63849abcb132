"""Search by one definition of a match on every database: ``apikit.text.searchable``.

Databases fold case differently: SQLite knows ASCII only, PostgreSQL goes by the locale of the
database. So texts are folded here, and stored beside the column that they come from.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from django.db import models, transaction
from django.db.models import Model, Q, QuerySet

from apikit.text import searchable

# For the documents: what a search matches.
SEARCH_RULE = (
    "Case, width and composition of characters do not matter (Unicode NFKC and case folding); "
    "accents do."
)
# Of what is searched for: longer than any text that is searched.
MAX_CHARS = 1_000
# Rows of a table without stored forms that a search looks at, newest first.
SCANNED_ROWS = 2_000
_FILLED_AT_ONCE = 1_000

if TYPE_CHECKING:
    _TextField = models.TextField[str, str]
else:
    _TextField = models.TextField


class SearchableField(_TextField):
    """The searchable form of another column of the model, ``of``.

    ``spellings`` gives all that a value can be found by, where that is more than the value.
    Set when a row is saved, as ``auto_now`` is, so models with such a column are
    :class:`SearchableModel`, and ``QuerySet.update`` must not touch ``of``.
    """

    def __init__(
        self, *, of: str, spellings: Callable[[str], Iterable[str]] | None = None, **options: Any
    ) -> None:
        self.of, self.spellings = of, spellings
        super().__init__(**{"editable": False, "default": "", "db_default": "", **options})

    def deconstruct(self) -> Any:
        name, path, arguments, options = super().deconstruct()
        if self.spellings is not None:
            options["spellings"] = self.spellings
        return name, path, arguments, {**options, "of": self.of}

    def pre_save(self, model_instance: Model, add: bool) -> str:  # noqa: FBT001 - Django's
        text: str = getattr(model_instance, self.of) or ""
        folded = searchable(" ".join(self.spellings(text)) if text and self.spellings else text)
        setattr(model_instance, self.attname, folded)
        return folded


class SearchableModel(models.Model):
    """Saves searchable columns together with those that they come from."""

    class Meta:
        abstract = True

    def save(self, *args: Any, update_fields: Iterable[str] | None = None, **options: Any) -> None:
        if update_fields is not None:
            named = set(update_fields)
            columns = searchable_columns(type(self))
            update_fields = named | {field.name for field in columns if field.of in named}
        super().save(*args, update_fields=update_fields, **options)


def searchable_columns(model: type[Model]) -> list[SearchableField]:
    """The columns of ``model`` that searches look at."""
    return [field for field in model._meta.fields if isinstance(field, SearchableField)]


def found_by(text: str, *columns: str) -> Q:
    """Rows of which one of ``columns``, each a :class:`SearchableField`, contains ``text``."""
    condition = Q(pk__in=())
    if len(text) <= MAX_CHARS:
        wanted = searchable(text)
        for column in columns:
            condition |= Q(**{f"{column}__contains": wanted})
    return condition


def found_among_newest(rows: QuerySet[Any], text: str, *columns: str) -> Q:
    """The same for columns that have no searchable form, among the newest SCANNED_ROWS ``rows``."""
    if len(text) > MAX_CHARS:
        return Q(pk__in=())
    wanted = searchable(text)
    newest = rows.order_by("-pk").values_list("pk", *columns)[:SCANNED_ROWS]
    return Q(pk__in=[pk for pk, *texts in newest if any(wanted in searchable(t) for t in texts)])


def fill_searchable(rows: QuerySet[Any]) -> int:
    """Sets the searchable columns of all ``rows`` that differ, and returns how many rows did.

    Each thousand rows are locked and written in a transaction of their own.
    """
    fields = searchable_columns(rows.model)
    rows = rows.only(*(name for field in fields for name in (field.name, field.of))).order_by("pk")
    after, count = rows, 0
    while True:
        with transaction.atomic(using=rows.db):
            chunk = list(after.select_for_update(of=("self",))[:_FILLED_AT_ONCE])
            changed = [row for row in chunk if _refresh(row, fields)]
            rows.bulk_update(changed, [field.name for field in fields])
        count += len(changed)
        if len(chunk) < _FILLED_AT_ONCE:
            return count
        after = rows.filter(pk__gt=chunk[-1].pk)


def _refresh(row: Model, fields: Sequence[SearchableField]) -> bool:
    before = [getattr(row, field.attname) for field in fields]
    return before != [field.pre_save(row, add=False) for field in fields]
