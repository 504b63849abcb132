"""Search with the same matches on every database: ``apikit.text.searchable``.

Databases fold case differently: SQLite only ASCII, PostgreSQL by the locale of the database. So
texts are folded here, and stored beside their column.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from django.db import models, transaction
from django.db.models import Model, Q, QuerySet

from apikit.text import searchable

# For the API documents: what a search matches.
SEARCH_RULE = (
    "Case, width and composition of characters do not matter (Unicode NFKC and case folding); "
    "accents do."
)
# Of a search text; longer than any searched column.
MAX_CHARS = 1_000
# The newest rows that a search without searchable columns scans.
SCANNED_ROWS = 2_000
_FILLED_AT_ONCE = 1_000

if TYPE_CHECKING:
    _TextField = models.TextField[str, str]
else:
    _TextField = models.TextField


class SearchableField(_TextField):
    """The searchable form of another column of the model, ``of``.

    ``spellings`` returns further forms that a value can be found by. Set by ``save()``, as
    ``auto_now`` is: models with such a column derive from :class:`SearchableModel`, and
    ``QuerySet.update`` must not change ``of``.
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
    """Saves searchable columns together with their source columns."""

    class Meta:
        abstract = True

    def save(self, *args: Any, update_fields: Iterable[str] | None = None, **options: Any) -> None:
        if update_fields is not None:
            named = set(update_fields)
            columns = searchable_columns(type(self))
            update_fields = named | {field.name for field in columns if field.of in named}
        super().save(*args, update_fields=update_fields, **options)


def searchable_columns(model: type[Model]) -> list[SearchableField]:
    """Return the searchable columns of ``model``."""
    return [field for field in model._meta.fields if isinstance(field, SearchableField)]


def found_by(text: str, *columns: str) -> Q:
    """Match rows where one of ``columns``, each a :class:`SearchableField`, contains ``text``."""
    condition = Q(pk__in=())
    if len(text) <= MAX_CHARS:
        wanted = searchable(text)
        for column in columns:
            condition |= Q(**{f"{column}__contains": wanted})
    return condition


def found_among_newest(rows: QuerySet[Any], text: str, *columns: str) -> Q:
    """Match the newest SCANNED_ROWS ``rows`` by columns without a searchable form."""
    if len(text) > MAX_CHARS:
        return Q(pk__in=())
    wanted = searchable(text)
    newest = rows.order_by("-pk").values_list("pk", *columns)[:SCANNED_ROWS]
    return Q(pk__in=[pk for pk, *texts in newest if any(wanted in searchable(t) for t in texts)])


def fill_searchable(rows: QuerySet[Any]) -> int:
    """Update outdated searchable columns of ``rows``; return how many rows changed.

    Locks and writes a thousand rows per transaction.
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
