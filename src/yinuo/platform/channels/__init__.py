"""Ways to reach a person: mail, SMS and staff chat behind one port."""
