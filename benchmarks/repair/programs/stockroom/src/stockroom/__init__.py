"""A small warehouse: goods, stock in lots, orders, prices, books, and questions about them."""
