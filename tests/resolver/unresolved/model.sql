--# model clause @oracle
SELECT id, amount FROM orders MODEL DIMENSION BY (id) MEASURES (amount) RULES (amount[1] = 5)
--> _: orders.id
--> _: orders.amount
--> !: unsupported
