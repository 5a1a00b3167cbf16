--# an alias used by a later expression of the same list @snowflake redshift databricks duckdb spark clickhouse
SELECT amount - discount AS net, net * 2 AS twice FROM orders
--> net: TRANSFORMATION orders.amount orders.discount
--> twice: TRANSFORMATION orders.amount orders.discount

--# a chain of aliases @snowflake redshift databricks duckdb spark clickhouse
SELECT a + b AS s, s + c AS s2, s2 * 2 AS s3 FROM t
--> s: TRANSFORMATION t.a t.b
--> s2: TRANSFORMATION t.a t.b t.c
--> s3: TRANSFORMATION t.a t.b t.c

--# a column of the table wins over an alias in the same list @snowflake redshift databricks duckdb spark
SELECT b AS a, a + 1 AS n FROM t
--> a: t.b
--> n: TRANSFORMATION t.a

--# an alias wins over a column in the same list @clickhouse
SELECT b AS a, a + 1 AS n FROM t
--> a: t.b
--> n: TRANSFORMATION t.b

--# an alias used where it stands in a case @snowflake redshift databricks duckdb
SELECT amount > 100 AS large, CASE WHEN large THEN status ELSE 'x' END AS s FROM orders
--> large: TRANSFORMATION orders.amount
--> s: orders.status; CONDITIONAL orders.amount

--# an alias of an aggregate reused @snowflake redshift duckdb databricks
SELECT customer_id, SUM(amount) AS total, total / 2 AS half FROM orders GROUP BY customer_id
--> customer_id: orders.customer_id
--> total: AGGREGATION orders.amount
--> half: AGGREGATION orders.amount
--> *: GROUP_BY orders.customer_id

--# an alias in the where clause @snowflake duckdb clickhouse
SELECT id, amount - discount AS net FROM orders WHERE net > 2
--> id: orders.id
--> net: TRANSFORMATION orders.amount orders.discount
--> *: FILTER orders.amount orders.discount

--# in the where clause a column wins over an alias @snowflake postgres duckdb redshift
SELECT discount AS amount FROM orders WHERE amount > 5
--> amount: orders.discount
--> *: FILTER orders.amount

--# an alias in having @mysql snowflake bigquery duckdb spark databricks clickhouse
SELECT customer_id, SUM(amount) AS total FROM orders GROUP BY customer_id HAVING total > 5
--> customer_id: orders.customer_id
--> total: AGGREGATION orders.amount
--> *: GROUP_BY orders.customer_id; FILTER orders.amount

--# a table alias hides the table's name
SELECT x.a FROM t AS x JOIN u AS t ON t.a = x.a
--> a: t.a
--> *: JOIN u.a t.a

--# an alias without AS
SELECT amount revenue FROM orders o
--> revenue: orders.amount

--# an alias with a space @postgres snowflake oracle duckdb ansi
--% exact=yes
--! not executed: Snowflake and Oracle fold names to upper case here
--: q2(x int)
SELECT "x" AS "Total Revenue" FROM "q2"
--> Total Revenue: q2.x

--# an alias in backticks @mysql bigquery spark hive databricks clickhouse
SELECT `amount` AS `net amount` FROM `orders`
--> net amount: orders.amount

--# an alias in brackets @tsql
SELECT [amount] AS [net amount] FROM [orders]
--> net amount: orders.amount

--# an alias by equals sign @tsql
SELECT net = amount - discount FROM orders
--> net: TRANSFORMATION orders.amount orders.discount

--# a prefix alias @duckdb
SELECT net: amount - discount FROM orders
--> net: TRANSFORMATION orders.amount orders.discount

--# an alias of one subquery is not seen in another
SELECT l.n, r.n AS m FROM (SELECT a AS n FROM t) l JOIN (SELECT e AS n FROM u) r ON l.n = r.n
--> n: t.a
--> m: u.e
--> *: JOIN t.a u.e

--# a window over an alias @snowflake databricks duckdb
SELECT id, amount - discount AS net, SUM(net) OVER (ORDER BY id) AS cum FROM orders
--> id: orders.id
--> net: TRANSFORMATION orders.amount orders.discount
--> cum: AGGREGATION orders.amount orders.discount; WINDOW orders.id

--# order by an alias inside an expression @snowflake mysql duckdb bigquery spark databricks
SELECT id, amount AS v FROM orders ORDER BY v + id
--> id: orders.id
--> v: orders.amount
--> *: SORT orders.amount orders.id

--# derived table with alias columns and a partial list @postgres
SELECT s.n, s.b FROM (SELECT a, b FROM t) AS s (n)
--> n: t.a
--> b: t.b

--# a table alias with columns @postgres duckdb
SELECT o.n, o.m FROM w AS o (n, m)
--> n: w.k
--> m: w.p
