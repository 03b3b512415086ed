import pytest
from stockroom.catalog import Article, Catalog
from stockroom.ledger import Ledger, usual_accounts
from stockroom.orders import Desk
from stockroom.pricing import PriceList
from stockroom.purchasing import Buyer
from stockroom.shop import Shop
from stockroom.stock import Stock


@pytest.fixture
def catalog():
    catalog = Catalog()
    catalog.add(Article("APP-001", "Red apple", price=50, group="food/fruit", tags=frozenset({"fresh"})))
    catalog.add(Article("APP-002", "Green apple", price=60, group="food/fruit"))
    catalog.add(Article("BRD-001", "Dark bread", price=320, group="food/bakery"))
    catalog.add(Article("NAIL-100", "Iron nails", unit="kg", price=999, group="tools"))
    return catalog


@pytest.fixture
def stock(catalog):
    stock = Stock(catalog)
    stock.receive("APP-001", 10, cost=20, day=1, expires=20)
    stock.receive("APP-001", 5, cost=30, day=2, expires=10)
    stock.receive("APP-001", 8, cost=25, day=3, place="back")
    stock.receive("BRD-001", 4, cost=150, day=3)
    return stock


@pytest.fixture
def prices():
    return PriceList(tax=10)


@pytest.fixture
def ledger():
    return usual_accounts(Ledger())


@pytest.fixture
def desk(stock, prices, ledger):
    return Desk(stock, prices, ledger)


@pytest.fixture
def buyer(stock):
    return Buyer(stock)


@pytest.fixture
def shop():
    shop = Shop(tax=10)
    shop.article("APP-001", "Red apple", 50, group="food/fruit")
    shop.article("BRD-001", "Dark bread", 320, group="food/bakery", tags=frozenset({"fresh"}))
    shop.deliver("APP-001", 20, 20)
    shop.deliver("BRD-001", 5, 150, expires=4)
    return shop
