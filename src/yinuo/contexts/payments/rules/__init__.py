"""Pure decisions about money: what each event means in the books, and which step may follow."""
