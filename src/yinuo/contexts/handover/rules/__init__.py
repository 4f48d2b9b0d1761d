"""Pure decisions about visits, inspections and the yard."""
