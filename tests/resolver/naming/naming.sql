--# two parts
--: sales.bills(id int, amount int)
SELECT amount FROM sales.bills
--> amount: sales.bills.amount

--# three parts @snowflake bigquery redshift trino tsql databricks duckdb ansi
--: shop.sales.bills(id int, amount int)
SELECT b.amount FROM shop.sales.bills b
--> amount: shop.sales.bills.amount

--# four parts @tsql
--: srv.shop.sales.bills(id int, amount int)
SELECT b.amount FROM srv.shop.sales.bills b
--> amount: srv.shop.sales.bills.amount

--# a column named with its whole table @postgres snowflake mysql trino duckdb tsql redshift databricks spark oracle
--: sales.bills(id int, amount int)
SELECT sales.bills.amount FROM sales.bills
--> amount: sales.bills.amount

--# a column named with the last part of its table @all -bigquery
--: sales.bills(id int, amount int)
SELECT bills.amount FROM sales.bills
--> amount: sales.bills.amount

--# a default schema
--: sales.bills(id int, amount int)
--% schema=sales
SELECT amount FROM bills
--> amount: sales.bills.amount

--# a default catalogue and schema
--: shop.sales.bills(id int, amount int)
--% catalog=shop schema=sales
SELECT amount FROM bills
--> amount: shop.sales.bills.amount

--# a default catalogue under a two-part name
--: shop.sales.bills(id int, amount int)
--% catalog=shop
SELECT amount FROM sales.bills
--> amount: shop.sales.bills.amount

--# two tables of one name in two schemas
--: s1.bills(id int, amount int)
--: s2.bills(id int, amount int)
SELECT x.amount, y.amount AS other FROM s1.bills x JOIN s2.bills y ON x.id = y.id
--> amount: s1.bills.amount
--> other: s2.bills.amount
--> *: JOIN s1.bills.id s2.bills.id

--# two tables of one name told apart by their schemas @postgres snowflake mysql trino duckdb tsql redshift
--: s1.bills(id int, amount int)
--: s2.bills(id int, amount int)
SELECT s1.bills.amount, s2.bills.amount AS other FROM s1.bills, s2.bills WHERE s1.bills.id = s2.bills.id
--> amount: s1.bills.amount
--> other: s2.bills.amount
--> *: FILTER s1.bills.id s2.bills.id

--# a project in backticks as a whole @bigquery
--: my-proj.sales.bills(id int, amount int)
SELECT amount FROM `my-proj.sales.bills`
--> amount: my-proj.sales.bills.amount

--# a project with a dash @bigquery
--: my-proj.sales.bills(id int, amount int)
SELECT b.amount FROM my-proj.sales.bills AS b
--> amount: my-proj.sales.bills.amount

--# a dataset between dots left out @tsql
--: shop..bills(id int, amount int)
--! not executed: no schema stands between the dots
SELECT b.amount FROM shop..bills b
--> from shop.bills
--> amount: shop.bills.amount

--# unquoted names fold to upper case @snowflake oracle
--: BILLS(ID int, AMOUNT int)
--% exact=yes
SELECT Amount AS Total FROM Bills
--> TOTAL: BILLS.AMOUNT

--# quoted names keep their case @snowflake oracle
--: bills(id int, amount int)
--% exact=yes
SELECT "amount" AS "total" FROM "bills"
--> total: bills.amount

--# a quoted and an unquoted name are two columns @snowflake
--: BILLS(AMOUNT int, "amount" int)
--% exact=yes
SELECT amount AS a1, "amount" AS a2 FROM bills
--> A1: BILLS.AMOUNT
--> A2: BILLS.amount

--# unquoted names fold to lower case @postgres redshift
--: bills(id int, amount int)
--% exact=yes
SELECT Amount AS Total FROM BILLS
--> total: bills.amount

--# quoted names keep their case in Postgres @postgres
--: Bills(Id int, Amount int)
--% exact=yes
SELECT "Amount" AS "Total" FROM "Bills"
--> Total: Bills.Amount

--# case does not matter, the schema's spelling is kept @duckdb mysql spark databricks tsql
--: bills(Id int, Amount int)
--% exact=yes
SELECT AMOUNT AS Total, id AS Key_Id FROM bills
--> Total: bills.Amount
--> Key_Id: bills.Id

--# case does not matter among qualified names @bigquery
--: bills(Id int, Amount int)
--% exact=yes
SELECT B.AMOUNT AS total FROM bills AS b
--> total: bills.Amount

--# case does matter @clickhouse
--: bills(id int, Id int)
--% exact=yes
SELECT id AS l, Id AS u FROM bills
--> l: bills.id
--> u: bills.Id

--# an alias is found in any case @postgres duckdb snowflake spark mysql tsql
SELECT O.amount FROM orders AS o
--> amount: orders.amount

--# a common table expression is found in any case @postgres duckdb spark tsql snowflake
WITH Paid AS (SELECT id FROM orders) SELECT ID FROM PAID
--! not executed: how an engine spells an unaliased name differs
--> _: orders.id

--# a reserved word as a column @postgres duckdb trino
--: odd("order" int, "group" text)
--% exact=yes
SELECT "order", "group" AS g FROM "odd"
--> order: odd.order
--> g: odd.group

--# a quoted name with a dot @postgres duckdb
--: dotted(id int, "a.b" int)
--% exact=yes
SELECT "a.b" AS ab FROM "dotted"
--! not executed: the check takes a dot for a member of a struct
--> ab: dotted::a.b

--# names beyond ASCII @postgres duckdb spark
--: größen(länge int)
--% exact=yes
SELECT länge AS l FROM größen
--> l: größen.länge

--# a table among those the event names @postgres snowflake
--: sales.bills(id int, amount int)
--% schema=sales
WITH x AS (SELECT id FROM bills) SELECT id FROM x
--> id: sales.bills.id

--# a target with defaults
--: sales.bills(id int, amount int)
--% schema=sales
CREATE TABLE fresh AS SELECT amount FROM bills
--> into sales.fresh
--> amount: sales.bills.amount

--# a target of its own schema beside a default
--: sales.bills(id int, amount int)
--% schema=sales
CREATE TABLE mart.fresh AS SELECT amount FROM bills
--> into mart.fresh
--> amount: sales.bills.amount

--# a temporary table of T-SQL @tsql
SELECT id, amount INTO #fresh FROM orders
--> into #fresh
--> id: orders.id
--> amount: orders.amount

--# a wildcard table @bigquery
SELECT id FROM `proj.logs.day_*` WHERE _TABLE_SUFFIX > '20240101'
--! not executed: tables by pattern
--> id: proj.logs.day_*::id~sole_candidate
