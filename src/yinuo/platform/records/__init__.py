"""Reading what other systems send: records of text fields, as CSV, JSON Lines or a JSON list.

`encoding` finds how the bytes are written, `reading` makes records of them, `schema` says which
fields a record has, `values` makes a value of each text, `problems` says what is wrong where.
"""
