"""Tables that strangers send: any columns, any common encoding, dates in any common form.

`reading` takes the columns that are asked for out of a file, `dates` makes days of their texts,
`numbers` makes numbers of them. Feeds, whose fields are known, are read by `platform.records`.
"""
