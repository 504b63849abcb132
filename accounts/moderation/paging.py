"""A paginator that counts only up to a bound."""

from typing import TYPE_CHECKING, Any, cast

from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.utils.functional import cached_property

# Lists are counted, and can be paged, up to here; filtering shows the rest.
COUNT_MAX = 10_000

if TYPE_CHECKING:
    _Paginator = Paginator[Any]
else:
    _Paginator = Paginator


class CappedPaginator(_Paginator):
    """Counts up to COUNT_MAX, so that the cost of a page does not grow with the table."""

    @cached_property
    def count(self) -> int:
        return min(self._counted, COUNT_MAX)

    @property
    def is_capped(self) -> bool:
        return self._counted > COUNT_MAX

    @cached_property
    def _counted(self) -> int:
        rows = cast("QuerySet[Model]", self.object_list)
        return rows.order_by().values("pk")[: COUNT_MAX + 1].count()
