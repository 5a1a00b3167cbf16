--# log errors @oracle
INSERT INTO t (a, b) SELECT id, amount FROM orders LOG ERRORS INTO err_t ('load') REJECT LIMIT UNLIMITED
--> into t
--> a: orders.id
--> b: orders.amount

--# insert exec @tsql
INSERT INTO t (a, b) EXEC dbo.p @x = 1
--> into t
--> a:
--> b:
--> a!: unknown_schema
--> b!: unknown_schema
--> !: unknown_schema

--# insert exec text @tsql
INSERT INTO t (a, b) EXEC('SELECT id, amount FROM orders')
--> into t
--> a: orders.id
--> b: orders.amount
