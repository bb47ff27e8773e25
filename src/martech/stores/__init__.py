"""Where shared state lives: one setting, one `State`.

=====================  ========================================================================================
setting                who shares it
=====================  ========================================================================================
none                   this process, until it ends
`sqlite:///file`       the processes of one machine
`postgresql://…`       any number of machines; needs `martech[postgres]`
`redis://…`            any number of machines, for limits and tokens but not for sends; needs `martech[redis]`
=====================  ========================================================================================

What became of sends is in a database always: beside Redis one is named with `ledger=`.
"""

from martech.stores.state import State, open_state

__all__ = ["State", "open_state"]
