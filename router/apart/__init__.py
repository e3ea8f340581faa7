"""Router and screens as processes of their own, with a Redis server between them.

The only code that knows Redis; without its address nothing here is used. See
docs/decisions/0006-router-and-screens-apart.md for the choices.

    router's process                            a screens' process
    pump ──facts──▶ Publisher ──▶ stream ──────▶ FarDesk ──▶ followers (live board)
      ▲                 ▲ answers                   │
      └─────────────── Counter ◀── stream ◀─────────┘ requests
"""
