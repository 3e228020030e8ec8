"""All kinds of faults. To add one, put it into the family where it belongs."""

from sinanews.mirror.faults import (
    answers,
    bombs,
    connection,
    damage,
    elsewhere,
    markup,
    pictures,
    rows,
)

FAMILIES = tuple(
    module.FAMILY
    for module in (connection, answers, elsewhere, damage, markup, bombs, pictures, rows)
)
KINDS = {kind.name: kind for family in FAMILIES for kind in family.kinds}
