--# a derived table
SELECT s.n FROM (SELECT a + b AS n FROM t) s
--> n: TRANSFORMATION t.a t.b

--# a derived table with a column list @postgres trino duckdb snowflake tsql spark databricks
SELECT s.n, s.m FROM (SELECT a, b FROM t) AS s (n, m)
--> n: t.a
--> m: t.b

--# two levels of derived tables
SELECT q.m FROM (SELECT s.n * 2 AS m FROM (SELECT a AS n FROM t WHERE c = 1) s WHERE s.n > 0) q
--> m: TRANSFORMATION t.a
--> *: FILTER t.c t.a

--# an IN subquery
SELECT id FROM orders WHERE customer_id IN (SELECT id FROM customers WHERE country = 'DE')
--> id: orders.id
--> *: FILTER orders.customer_id customers.id customers.country

--# NOT IN
SELECT id FROM orders WHERE customer_id NOT IN (SELECT id FROM customers)
--> id: orders.id
--> *: FILTER orders.customer_id customers.id

--# IN over a pair @postgres mysql trino duckdb spark oracle databricks
SELECT a FROM t WHERE (a, b) IN (SELECT a, e FROM u)
--> a: t.a
--> *: FILTER t.a t.b u.a u.e

--# EXISTS counts the columns compared alone
SELECT c.name FROM customers c WHERE EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id)
--> name: customers.name
--> *: FILTER orders.customer_id customers.id

--# what EXISTS selects counts for nothing
SELECT c.name FROM customers c WHERE EXISTS (SELECT o.amount FROM orders o WHERE o.customer_id = c.id AND o.status = 'paid')
--> name: customers.name
--> *: FILTER orders.customer_id customers.id orders.status

--# NOT EXISTS with a star
SELECT c.name FROM customers c WHERE NOT EXISTS (SELECT * FROM orders o WHERE o.customer_id = c.id)
--> name: customers.name
--> *: FILTER orders.customer_id customers.id

--# an inner unqualified name binds to the inner table first
SELECT name FROM customers WHERE EXISTS (SELECT 1 FROM orders WHERE customer_id = customers.id AND id > 5)
--> name: customers.name
--> *: FILTER orders.customer_id customers.id orders.id

--# an inner unqualified name may be the outer table's
SELECT title FROM products WHERE EXISTS (SELECT 1 FROM order_items WHERE product_id = products.id AND unit_price < price)
--> title: products.title
--> *: FILTER order_items.product_id products.id order_items.unit_price products.price

--# a comparison with a scalar subquery
SELECT id FROM orders WHERE amount > (SELECT AVG(amount) FROM orders)
--> id: orders.id
--> *: FILTER orders.amount

--# a comparison with a correlated scalar subquery
SELECT o.id FROM orders o WHERE o.amount > (SELECT AVG(i.amount) FROM orders i WHERE i.customer_id = o.customer_id)
--> id: orders.id
--> *: FILTER orders.amount orders.customer_id

--# ANY and ALL @postgres mysql trino duckdb oracle tsql
SELECT id FROM products WHERE price > ALL (SELECT unit_price FROM order_items WHERE quantity > 1)
--> id: products.id
--> *: FILTER products.price order_items.unit_price order_items.quantity

--# a scalar subquery in the select list
SELECT id, (SELECT MAX(amount) FROM orders) AS top FROM customers
--> id: customers.id
--> top: AGGREGATION orders.amount

--# a correlated scalar subquery touches its own column alone
SELECT c.id, (SELECT SUM(o.amount) FROM orders o WHERE o.customer_id = c.id) AS total FROM customers c
--> id: customers.id
--> total: AGGREGATION orders.amount; FILTER orders.customer_id customers.id

--# a correlated count
SELECT c.id, (SELECT COUNT(*) FROM orders o WHERE o.customer_id = c.id) AS n FROM customers c
--> id: customers.id
--> n: FILTER orders.customer_id customers.id

--# a scalar subquery inside an expression
SELECT p.id, p.price - (SELECT AVG(i.unit_price) FROM order_items i WHERE i.product_id = p.id) AS above FROM products p
--> id: products.id
--> above: TRANSFORMATION products.price; AGGREGATION order_items.unit_price; FILTER order_items.product_id products.id

--# a scalar subquery that looks a name up
SELECT o.id, (SELECT c.name FROM customers c WHERE c.id = o.customer_id) AS buyer FROM orders o
--> id: orders.id
--> buyer: customers.name; FILTER customers.id orders.customer_id

--# a scalar subquery with a join
SELECT c.id, (SELECT SUM(i.quantity) FROM orders o JOIN order_items i ON i.order_id = o.id WHERE o.customer_id = c.id) AS n FROM customers c
--> id: customers.id
--> n: AGGREGATION order_items.quantity; JOIN order_items.order_id orders.id; FILTER orders.customer_id customers.id

--# the latest by a scalar subquery @postgres mysql duckdb snowflake trino
SELECT c.id, (SELECT o.status FROM orders o WHERE o.customer_id = c.id ORDER BY o.ordered_at DESC LIMIT 1) AS last_status FROM customers c
--> id: customers.id
--> last_status: orders.status; FILTER orders.customer_id customers.id; SORT orders.ordered_at

--# EXISTS as a value @postgres duckdb mysql trino snowflake bigquery spark databricks
SELECT c.id, EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id) AS bought FROM customers c
--> id: customers.id
--> bought: CONDITIONAL orders.customer_id customers.id

--# EXISTS as the condition of a case
SELECT c.id, CASE WHEN EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id) THEN c.segment ELSE 'none' END AS s FROM customers c
--> id: customers.id
--> s: customers.segment; CONDITIONAL orders.customer_id customers.id

--# IN as the condition of a case
SELECT o.id, CASE WHEN o.customer_id IN (SELECT id FROM customers WHERE segment = 'vip') THEN 1 ELSE 0 END AS vip FROM orders o
--> id: orders.id
--> vip: CONDITIONAL orders.customer_id customers.id customers.segment

--# a subquery in the ON clause @postgres duckdb snowflake spark oracle tsql mysql
SELECT o.id, c.name FROM orders o JOIN customers c ON c.id = o.customer_id AND o.amount > (SELECT AVG(price) FROM products)
--> id: orders.id
--> name: customers.name
--> *: JOIN customers.id orders.customer_id orders.amount products.price

--# a subquery in HAVING
SELECT customer_id, SUM(amount) AS total FROM orders GROUP BY customer_id HAVING SUM(amount) > (SELECT AVG(price) FROM products)
--> customer_id: orders.customer_id
--> total: AGGREGATION orders.amount
--> *: GROUP_BY orders.customer_id; FILTER orders.amount products.price

--# a subquery two levels deep in the where clause
SELECT c.name FROM customers c WHERE c.id IN (SELECT o.customer_id FROM orders o WHERE o.id IN (SELECT i.order_id FROM order_items i WHERE i.product_id = 7))
--> name: customers.name
--> *: FILTER customers.id orders.customer_id orders.id order_items.order_id order_items.product_id

--# a join within IN is part of the filter
SELECT c.name FROM customers c WHERE c.id IN (SELECT o.customer_id FROM orders o JOIN order_items i ON i.order_id = o.id)
--> name: customers.name
--> *: FILTER customers.id orders.customer_id order_items.order_id orders.id

--# an IN over a set operation
SELECT id FROM customers WHERE id IN (SELECT a FROM t UNION ALL SELECT e FROM u)
--> id: customers.id
--> *: FILTER customers.id t.a u.e

--# a subquery in ORDER BY @postgres duckdb mysql oracle snowflake
SELECT c.name FROM customers c ORDER BY (SELECT MAX(o.amount) FROM orders o WHERE o.customer_id = c.id)
--> name: customers.name
--> *: SORT orders.amount orders.customer_id customers.id

--# an array of a subquery @bigquery postgres duckdb
SELECT c.id, ARRAY(SELECT o.amount FROM orders o WHERE o.customer_id = c.id) AS amounts FROM customers c
--> id: customers.id
--> amounts: TRANSFORMATION orders.amount; FILTER orders.customer_id customers.id

--# a derived column used in the outer filter
SELECT s.id FROM (SELECT id, amount - discount AS net FROM orders) s WHERE s.net > 0
--> id: orders.id
--> *: FILTER orders.amount orders.discount

--# a count of a filtered derived table
SELECT COUNT(*) AS n FROM (SELECT DISTINCT customer_id FROM orders WHERE status = 'paid') s
--> n:
--> *: GROUP_BY orders.customer_id; FILTER orders.status
--> from orders

--# an outer alias and an inner table of one name
SELECT o.id FROM orders o WHERE EXISTS (SELECT 1 FROM order_items o WHERE o.quantity > 3)
--> id: orders.id
--> *: FILTER order_items.quantity

--# a lateral join to values @postgres duckdb
SELECT o.id, s.kind, s.val FROM orders o CROSS JOIN LATERAL (VALUES ('amount', o.amount), ('discount', o.discount)) AS s (kind, val)
--> id: orders.id
--> kind:
--> val: orders.amount orders.discount

--# cross apply to values @tsql
SELECT o.id, s.kind, s.val FROM orders o CROSS APPLY (VALUES ('amount', o.amount), ('discount', o.discount)) AS s (kind, val)
--> id: orders.id
--> kind:
--> val: orders.amount orders.discount
