"""Where shared state lives: one setting, one `State`.

=====================  ========================================================================================
setting                who shares it
=====================  ========================================================================================
none                   this process, until it ends
`sqlite:///file`       the processes of one machine
`postgresql://…`       any number of machines; needs `martech[postgres]`
`redis://…`            any number of machines, for limits and tokens; needs `martech[redis]`
=====================  ========================================================================================
"""

from martech.stores.state import State, open_state

__all__ = ["State", "open_state"]
