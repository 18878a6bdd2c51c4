"""The hall's tables: places and rules, visits, bookings, and what watches over them."""
