"""Past orders of any maker, forecast as if each day were today, and scored.

`orders` makes a history of a file's rows and says what became of every row, `scoring` turns
forecasts into figures, `trial` runs both, `telling` words the result, `page` draws it.
"""
