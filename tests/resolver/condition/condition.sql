--# a searched case keeps conditions apart from values
SELECT CASE WHEN status = 'paid' THEN amount ELSE discount END AS v FROM orders
--> v: orders.amount orders.discount; CONDITIONAL orders.status

--# a case of constants has conditions alone
SELECT CASE WHEN amount > 100 THEN 'large' WHEN amount > 10 THEN 'medium' ELSE 'small' END AS size FROM orders
--> size: CONDITIONAL orders.amount

--# a simple case
SELECT CASE status WHEN 'paid' THEN amount WHEN 'open' THEN discount END AS v FROM orders
--> v: orders.amount orders.discount; CONDITIONAL orders.status

--# a simple case compared with a column
SELECT CASE a WHEN b THEN c ELSE 0 END AS r FROM t
--> r: t.c; CONDITIONAL t.a t.b

--# a column as condition and as value
SELECT CASE WHEN amount > 0 THEN amount ELSE 0 END AS v FROM orders
--> v: orders.amount; CONDITIONAL orders.amount

--# an expression as value
SELECT CASE WHEN status = 'paid' THEN amount - discount END AS v FROM orders
--> v: TRANSFORMATION orders.amount orders.discount; CONDITIONAL orders.status

--# a case within an expression
SELECT 1 + CASE WHEN status = 'paid' THEN amount ELSE 0 END AS v FROM orders
--> v: TRANSFORMATION orders.amount; CONDITIONAL orders.status

--# a case within a case
SELECT CASE WHEN a > 0 THEN CASE WHEN b > 0 THEN c ELSE 1 END ELSE 2 END AS r FROM t
--> r: t.c; CONDITIONAL t.a t.b

--# a case in the condition of a case
SELECT CASE WHEN CASE WHEN a > 0 THEN b ELSE c END > 1 THEN d ELSE 'x' END AS r FROM t
--> r: t.d; CONDITIONAL t.a t.b t.c

--# IF @mysql bigquery spark hive databricks trino clickhouse duckdb
SELECT IF(status = 'paid', amount, discount) AS v FROM orders
--> v: orders.amount orders.discount; CONDITIONAL orders.status

--# IFF @snowflake
SELECT IFF(status = 'paid', amount, 0) AS v FROM orders
--> v: orders.amount; CONDITIONAL orders.status

--# IIF @tsql
SELECT IIF(status = 'paid', amount, discount) AS v FROM orders
--> v: orders.amount orders.discount; CONDITIONAL orders.status

--# coalesce gives and tests each argument
SELECT COALESCE(discount, amount, 0) AS v FROM orders
--> v: orders.discount orders.amount; CONDITIONAL orders.discount orders.amount

--# coalesce over expressions
SELECT COALESCE(amount - discount, amount) AS v FROM orders
--> v: TRANSFORMATION orders.amount orders.discount; IDENTITY orders.amount; CONDITIONAL orders.amount orders.discount

--# NVL @snowflake oracle redshift spark hive databricks
SELECT NVL(discount, 0) AS v FROM orders
--> v: orders.discount; CONDITIONAL orders.discount

--# IFNULL @mysql bigquery snowflake duckdb spark clickhouse databricks
SELECT IFNULL(discount, amount) AS v FROM orders
--> v: orders.discount orders.amount; CONDITIONAL orders.discount orders.amount

--# ISNULL with two arguments @tsql
SELECT ISNULL(discount, 0) AS v FROM orders
--> v: orders.discount; CONDITIONAL orders.discount

--# NVL2 @snowflake oracle redshift spark databricks
SELECT NVL2(discount, amount, id) AS v FROM orders
--> v: orders.amount orders.id; CONDITIONAL orders.discount

--# NULLIF passes the first and tests both
SELECT NULLIF(amount, discount) AS v FROM orders
--> v: orders.amount; CONDITIONAL orders.amount orders.discount

--# DECODE @oracle snowflake redshift
SELECT DECODE(status, 'paid', amount, 'open', discount, 0) AS v FROM orders
--> v: orders.amount orders.discount; CONDITIONAL orders.status

--# a case under a sum
SELECT customer_id, SUM(CASE WHEN status = 'paid' THEN amount END) AS paid FROM orders GROUP BY customer_id
--> customer_id: orders.customer_id
--> paid: AGGREGATION orders.amount; CONDITIONAL orders.status
--> *: GROUP_BY orders.customer_id

--# a sum in the condition of a case
SELECT CASE WHEN SUM(amount) > 100 THEN MAX(status) ELSE 'low' END AS tier FROM orders
--> tier: AGGREGATION orders.status; CONDITIONAL orders.amount

--# a condition stays a condition through a subquery
SELECT s.flag AS f, UPPER(s.flag) AS g FROM (SELECT CASE WHEN amount > 9 THEN status END AS flag FROM orders) s
--> f: orders.status; CONDITIONAL orders.amount
--> g: TRANSFORMATION orders.status; CONDITIONAL orders.amount

--# a condition used as a value becomes a condition of what it decides
SELECT CASE WHEN s.big THEN s.a ELSE 0 END AS v FROM (SELECT a, b > 5 AS big FROM t) s
--> v: t.a; CONDITIONAL t.b

--# a flag filtered on
SELECT s.id FROM (SELECT id, CASE WHEN amount > 9 THEN 1 ELSE 0 END AS flag FROM orders) s WHERE s.flag = 1
--> id: orders.id
--> *: FILTER orders.amount

--# a condition of several columns
SELECT CASE WHEN country = 'FR' AND (segment = 'a' OR created_at > '2024-01-01') THEN name END AS n FROM customers
--> n: customers.name; CONDITIONAL customers.country customers.segment customers.created_at

--# a safe division @snowflake
SELECT DIV0(amount, discount) AS r FROM orders
--> r: TRANSFORMATION orders.amount orders.discount; CONDITIONAL orders.amount orders.discount

--# multiple branches by multiIf @clickhouse
SELECT multiIf(amount > 100, status, amount > 10, 'mid', 'low') AS v FROM orders
--> v: orders.status; CONDITIONAL orders.amount

--# choose @tsql
SELECT CHOOSE(a, b, c) AS v FROM t
--> v: TRANSFORMATION t.a t.b t.c

--# IS NULL in a case
SELECT CASE WHEN discount IS NULL THEN 'full' ELSE 'reduced' END AS kind FROM orders
--> kind: CONDITIONAL orders.discount

--# a case over joined tables
SELECT o.id, CASE WHEN c.segment = 'vip' THEN o.amount * 2 ELSE o.amount END AS points FROM orders o JOIN customers c ON c.id = o.customer_id
--> id: orders.id
--> points: TRANSFORMATION orders.amount; IDENTITY orders.amount; CONDITIONAL customers.segment
--> *: JOIN customers.id orders.customer_id

--# a case in order by
SELECT id FROM orders ORDER BY CASE WHEN status = 'open' THEN ordered_at END
--> id: orders.id
--> *: SORT orders.status orders.ordered_at

--# zero if null @snowflake
SELECT ZEROIFNULL(discount) AS v FROM orders
--> v: orders.discount; CONDITIONAL orders.discount

--# null if zero @snowflake
SELECT NULLIFZERO(discount) AS v FROM orders
--> v: orders.discount; CONDITIONAL orders.discount
