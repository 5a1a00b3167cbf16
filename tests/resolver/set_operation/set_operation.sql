--# union all goes by position
SELECT a, b FROM t UNION ALL SELECT e, a FROM u
--> a: t.a u.e
--> b: t.b u.a

--# union all keeps the first names
SELECT a AS n, d AS label FROM t UNION ALL SELECT k, q FROM w
--> n: t.a w.k
--> label: t.d w.q

--# union removes duplicates @all -bigquery -clickhouse
SELECT a, d FROM t UNION SELECT e, f FROM u
--> a: t.a u.e
--> d: t.d u.f
--> *: GROUP_BY t.a t.d u.e u.f

--# union distinct @bigquery mysql spark databricks trino clickhouse duckdb
SELECT a, d FROM t UNION DISTINCT SELECT e, f FROM u
--> a: t.a u.e
--> d: t.d u.f
--> *: GROUP_BY t.a t.d u.e u.f

--# intersect @postgres mysql snowflake redshift spark trino duckdb tsql oracle ansi
SELECT a FROM t INTERSECT SELECT e FROM u
--> a: t.a u.e
--> *: GROUP_BY t.a u.e

--# except takes values from the left alone @postgres redshift spark trino duckdb tsql snowflake ansi
SELECT a, b FROM t EXCEPT SELECT e, a FROM u
--> a: t.a
--> b: t.b
--> *: GROUP_BY t.a t.b u.e u.a

--# minus @oracle snowflake spark databricks redshift
SELECT a FROM t MINUS SELECT e FROM u
--> a: t.a
--> *: GROUP_BY t.a u.e

--# except distinct @bigquery
SELECT a FROM t EXCEPT DISTINCT SELECT e FROM u
--> a: t.a
--> *: GROUP_BY t.a u.e

--# three branches
SELECT a FROM t UNION ALL SELECT e FROM u UNION ALL SELECT k FROM w
--> a: t.a u.e w.k

--# filters of each branch
SELECT a FROM t WHERE b = 1 UNION ALL SELECT e FROM u WHERE f = 'x'
--> a: t.a u.e
--> *: FILTER t.b u.f

--# an expression in one branch
SELECT a FROM t UNION ALL SELECT e + 1 FROM u
--> a: t.a; TRANSFORMATION u.e

--# a constant in one branch
SELECT a, 'here' AS src FROM t UNION ALL SELECT e, f FROM u
--> a: t.a u.e
--> src: u.f

--# one table in both branches
SELECT a AS n FROM t UNION ALL SELECT b FROM t
--> n: t.a t.b

--# a union in parentheses @postgres mysql snowflake duckdb trino spark databricks bigquery
(SELECT a FROM t) UNION ALL (SELECT e FROM u)
--> a: t.a u.e

--# an order over the whole @all -clickhouse
SELECT a, b FROM t UNION ALL SELECT e, a FROM u ORDER BY b
--> a: t.a u.e
--> b: t.b u.a
--> *: SORT t.b u.a

--# an ordered limit in a branch @postgres mysql duckdb trino snowflake bigquery
(SELECT a FROM t ORDER BY b LIMIT 3) UNION ALL SELECT e FROM u
--> a: t.a u.e
--> *: SORT t.b

--# a star in both branches
SELECT * FROM w UNION ALL SELECT x, y, z FROM v
--> k: w.k v.x
--> p: w.p v.y
--> q: w.q v.z

--# union all by name @duckdb
SELECT a, d FROM t UNION ALL BY NAME SELECT f AS d, e AS a FROM u
--> a: t.a u.e
--> d: t.d u.f

--# union all by name with a column of one branch alone @duckdb
SELECT a FROM t UNION ALL BY NAME SELECT a, f FROM u
--> a: t.a u.a
--> f: u.f

--# union by name removes duplicates @duckdb
SELECT a FROM t UNION BY NAME SELECT e, a FROM u
--> a: t.a u.a
--> e: u.e
--> *: GROUP_BY t.a u.a u.e

--# union by name of stars @duckdb
SELECT * FROM w UNION ALL BY NAME SELECT * FROM v
--> k: w.k v.k
--> p: w.p
--> q: w.q
--> x: v.x
--> y: v.y
--> z: v.z

--# a union under a filter
SELECT n FROM (SELECT a AS n, d AS lab FROM t UNION ALL SELECT e, f FROM u) s WHERE lab = 'x'
--> n: t.a u.e
--> *: FILTER t.d u.f

--# a union under an aggregate
SELECT lab, SUM(n) AS total FROM (SELECT a AS n, d AS lab FROM t UNION ALL SELECT e, f FROM u) s GROUP BY lab
--> lab: t.d u.f
--> total: AGGREGATION t.a u.e
--> *: GROUP_BY t.d u.f

--# mixed operations bind from the left @postgres duckdb spark
SELECT a FROM t UNION ALL SELECT e FROM u EXCEPT SELECT k FROM w
--> a: t.a u.e
--> *: GROUP_BY t.a u.e w.k

--# intersect binds closer than union @postgres duckdb trino
SELECT a FROM t UNION ALL SELECT e FROM u INTERSECT SELECT k FROM w
--> a: t.a u.e w.k
--> *: GROUP_BY u.e w.k

--# a join beside a plain branch
SELECT o.id, c.name FROM orders o JOIN customers c ON o.customer_id = c.id UNION ALL SELECT id, full_name FROM employees
--> id: orders.id employees.id
--> name: customers.name employees.full_name
--> *: JOIN orders.customer_id customers.id

--# except all keeps duplicates @postgres duckdb trino spark
SELECT a FROM t EXCEPT ALL SELECT e FROM u
--> a: t.a
--> *: GROUP_BY t.a u.e

--# aggregates in both branches
SELECT 'orders' AS src, COUNT(*) AS n, MAX(amount) AS top FROM orders UNION ALL SELECT 'items', COUNT(*), MAX(unit_price) FROM order_items
--> src:
--> n:
--> top: AGGREGATION orders.amount order_items.unit_price
--> from orders order_items
