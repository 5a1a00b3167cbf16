--# an inner join
SELECT o.id, c.name FROM orders o JOIN customers c ON o.customer_id = c.id
--> id: orders.id
--> name: customers.name
--> *: JOIN orders.customer_id customers.id

--# a left join
SELECT o.id, c.name FROM orders o LEFT JOIN customers c ON o.customer_id = c.id
--> id: orders.id
--> name: customers.name
--> *: JOIN orders.customer_id customers.id

--# a right join
SELECT o.id, c.name FROM orders o RIGHT OUTER JOIN customers c ON o.customer_id = c.id
--> id: orders.id
--> name: customers.name
--> *: JOIN orders.customer_id customers.id

--# a full join @all -mysql
SELECT o.id, c.name FROM orders o FULL OUTER JOIN customers c ON o.customer_id = c.id
--> id: orders.id
--> name: customers.name
--> *: JOIN orders.customer_id customers.id

--# a cross join has no key
SELECT o.id, c.name FROM orders o CROSS JOIN customers c
--> id: orders.id
--> name: customers.name

--# unqualified columns of two tables
SELECT full_name, title FROM employees JOIN products ON salary > price
--> full_name: employees.full_name
--> title: products.title
--> *: JOIN employees.salary products.price

--# a condition on one side in the ON clause
SELECT o.id, c.name FROM orders o LEFT JOIN customers c ON o.customer_id = c.id AND c.segment = 'b2b'
--> id: orders.id
--> name: customers.name
--> *: JOIN orders.customer_id customers.id customers.segment

--# a join written with commas is a filter
SELECT o.id, c.name FROM orders o, customers c WHERE o.customer_id = c.id
--> id: orders.id
--> name: customers.name
--> *: FILTER orders.customer_id customers.id

--# an outer join marked by a plus @oracle
SELECT o.id, c.name FROM orders o, customers c WHERE o.customer_id = c.id (+)
--> id: orders.id
--> name: customers.name
--> *: FILTER orders.customer_id customers.id

--# three tables
SELECT c.name, p.title, i.quantity FROM orders o JOIN customers c ON c.id = o.customer_id JOIN order_items i ON i.order_id = o.id JOIN products p ON p.id = i.product_id
--> name: customers.name
--> title: products.title
--> quantity: order_items.quantity
--> *: JOIN customers.id orders.customer_id order_items.order_id orders.id products.id order_items.product_id

--# a table joined with itself
SELECT e.full_name, m.full_name AS manager FROM employees e LEFT JOIN employees m ON e.manager_id = m.id
--> full_name: employees.full_name
--> manager: employees.full_name
--> *: JOIN employees.manager_id employees.id

--# USING merges the column of an inner join
SELECT a, b, e FROM t JOIN u USING (a)
--> a: t.a
--> b: t.b
--> e: u.e
--> *: JOIN t.a u.a

--# USING of a left join keeps the left value
SELECT a, e FROM t LEFT JOIN u USING (a)
--> a: t.a
--> e: u.e
--> *: JOIN t.a u.a

--# USING of a right join keeps the right value @all -bigquery -clickhouse
SELECT a, b FROM t RIGHT JOIN u USING (a)
--> a: u.a
--> b: t.b
--> *: JOIN t.a u.a

--# USING of a full join takes whichever is there @all -mysql -clickhouse -tsql
SELECT a, b, e FROM t FULL JOIN u USING (a)
--> a: t.a u.a; CONDITIONAL t.a u.a
--> b: t.b
--> e: u.e
--> *: JOIN t.a u.a

--# a merged column named with its table is that table's own @postgres duckdb trino spark snowflake mysql
SELECT t.a AS ta, u.a AS ua FROM t LEFT JOIN u USING (a)
--> ta: t.a
--> ua: u.a
--> *: JOIN t.a u.a

--# USING over three tables
--: x1(k int, p1 int)
--: x2(k int, p2 int)
--: x3(k int, p3 int)
SELECT k, p1, p2, p3 FROM x1 JOIN x2 USING (k) JOIN x3 USING (k)
--> k: x1.k
--> p1: x1.p1
--> p2: x2.p2
--> p3: x3.p3
--> *: JOIN x1.k x2.k x3.k

--# full joins with USING over three tables @postgres duckdb spark trino snowflake databricks redshift
--: x1(k int, p1 int)
--: x2(k int, p2 int)
--: x3(k int, p3 int)
SELECT k, p3 FROM x1 FULL JOIN x2 USING (k) FULL JOIN x3 USING (k)
--> k: x1.k x2.k x3.k; CONDITIONAL x1.k x2.k x3.k
--> p3: x3.p3
--> *: JOIN x1.k x2.k x3.k

--# USING with two columns
--: m1(k int, l int, p int)
--: m2(k int, l int, q int)
SELECT k, l, p, q FROM m1 JOIN m2 USING (k, l)
--> k: m1.k
--> l: m1.l
--> p: m1.p
--> q: m2.q
--> *: JOIN m1.k m2.k m1.l m2.l

--# a natural join merges what both have @postgres mysql duckdb snowflake trino oracle spark ansi redshift databricks
SELECT k, x, p FROM v NATURAL JOIN w
--> k: v.k
--> x: v.x
--> p: w.p
--> *: JOIN v.k w.k

--# a natural left join @postgres mysql duckdb snowflake oracle spark ansi redshift
SELECT k, q FROM v NATURAL LEFT JOIN w
--> k: v.k
--> q: w.q
--> *: JOIN v.k w.k

--# a filter on a merged column
SELECT b, e FROM t JOIN u USING (a) WHERE a > 1
--> b: t.b
--> e: u.e
--> *: JOIN t.a u.a; FILTER t.a

--# join and filter
SELECT o.id, c.name FROM orders o JOIN customers c ON o.customer_id = c.id WHERE c.country = 'FR' AND o.amount > 0
--> id: orders.id
--> name: customers.name
--> *: JOIN orders.customer_id customers.id; FILTER customers.country orders.amount

--# a join of an aggregated subquery
SELECT c.name, s.total FROM customers c JOIN (SELECT customer_id, SUM(amount) AS total FROM orders GROUP BY customer_id) s ON s.customer_id = c.id
--> name: customers.name
--> total: AGGREGATION orders.amount
--> *: JOIN customers.id orders.customer_id; GROUP_BY orders.customer_id

--# a join on an expression
SELECT c.id FROM customers c JOIN employees e ON LOWER(c.name) = LOWER(e.full_name)
--> id: customers.id
--> *: JOIN customers.name employees.full_name

--# a lateral subquery @postgres duckdb snowflake trino oracle mysql databricks spark
SELECT c.name, r.amount FROM customers c CROSS JOIN LATERAL (SELECT o.amount FROM orders o WHERE o.customer_id = c.id) r
--> name: customers.name
--> amount: orders.amount
--> *: FILTER orders.customer_id customers.id

--# a lateral top-n subquery @postgres duckdb trino mysql databricks
--% unique=orders.ordered_at
SELECT c.name, r.amount FROM customers c LEFT JOIN LATERAL (SELECT o.amount FROM orders o WHERE o.customer_id = c.id ORDER BY o.ordered_at DESC LIMIT 1) r ON TRUE
--> name: customers.name
--> amount: orders.amount
--> *: FILTER orders.customer_id customers.id; SORT orders.ordered_at

--# cross apply @tsql oracle
SELECT c.name, r.amount FROM customers c CROSS APPLY (SELECT o.amount FROM orders o WHERE o.customer_id = c.id) r
--> name: customers.name
--> amount: orders.amount
--> *: FILTER orders.customer_id customers.id

--# outer apply @tsql
SELECT c.name, r.total FROM customers c OUTER APPLY (SELECT SUM(o.amount) AS total FROM orders o WHERE o.customer_id = c.id) r
--> name: customers.name
--> total: AGGREGATION orders.amount
--> *: FILTER orders.customer_id customers.id

--# a lateral expression that uses another's columns @postgres duckdb snowflake databricks
SELECT o.id, l.net FROM orders o, LATERAL (SELECT o.amount - o.discount AS net) l
--> id: orders.id
--> net: TRANSFORMATION orders.amount orders.discount

--# a semi join @spark databricks hive clickhouse
SELECT o.id FROM orders o LEFT SEMI JOIN customers c ON o.customer_id = c.id
--> id: orders.id
--> *: JOIN orders.customer_id customers.id

--# an anti join @spark databricks duckdb
SELECT o.id FROM orders o ANTI JOIN customers c ON o.customer_id = c.id
--> id: orders.id
--> *: JOIN orders.customer_id customers.id

--# a star over a semi join has only the left columns @spark databricks hive
SELECT * FROM t LEFT SEMI JOIN u ON t.a = u.a
--> a: t.a
--> b: t.b
--> c: t.c
--> d: t.d
--> *: JOIN t.a u.a

--# an asof join @duckdb
--: quotes(symbol text, price int, at timestamp)
--: trades(symbol text, qty int, at timestamp)
SELECT t.symbol, t.qty * q.price AS worth FROM trades t ASOF JOIN quotes q ON t.symbol = q.symbol AND t.at >= q.at
--> symbol: trades.symbol
--> worth: TRANSFORMATION trades.qty quotes.price
--> *: JOIN trades.symbol quotes.symbol trades.at quotes.at

--# an asof join with a match condition @snowflake
--: quotes(symbol text, price int, at timestamp)
--: trades(symbol text, qty int, at timestamp)
SELECT t.symbol, q.price FROM trades t ASOF JOIN quotes q MATCH_CONDITION (t.at >= q.at) ON t.symbol = q.symbol
--> symbol: trades.symbol
--> price: quotes.price
--> *: JOIN trades.symbol quotes.symbol trades.at quotes.at

--# a join in parentheses
SELECT c.name, i.quantity FROM customers c LEFT JOIN (orders o JOIN order_items i ON i.order_id = o.id) ON o.customer_id = c.id
--> name: customers.name
--> quantity: order_items.quantity
--> *: JOIN order_items.order_id orders.id orders.customer_id customers.id

--# a join on a case
SELECT t.d, u.f FROM t JOIN u ON CASE WHEN t.b > 0 THEN t.a ELSE t.c END = u.a
--> d: t.d
--> f: u.f
--> *: JOIN t.a t.b t.c u.a

--# a join on a derived column spreads to its sources
SELECT s.key, v.z FROM (SELECT a + b AS key FROM t) s JOIN v ON s.key = v.k
--> key: TRANSFORMATION t.a t.b
--> z: v.z
--> *: JOIN t.a t.b v.k

--# a straight join @mysql
SELECT o.id FROM orders o STRAIGHT_JOIN customers c ON o.customer_id = c.id
--> id: orders.id
--> *: JOIN orders.customer_id customers.id

--# a global any join @clickhouse
SELECT o.id, c.name FROM orders AS o ANY LEFT JOIN customers AS c ON o.customer_id = c.id
--> id: orders.id
--> name: customers.name
--> *: JOIN orders.customer_id customers.id

--# an array join @clickhouse
--: tagged(id int, tags int[])
SELECT id, tag FROM tagged ARRAY JOIN tags AS tag
--> id: tagged.id
--> tag: TRANSFORMATION tagged.tags
--> *: JOIN tagged.tags

--# a positional join @duckdb
SELECT t.a, w.q FROM t POSITIONAL JOIN w
--> a: t.a
--> q: w.q

--# an outer column of a left join in a coalesce
SELECT o.id, COALESCE(c.name, 'unknown') AS buyer FROM orders o LEFT JOIN customers c ON o.customer_id = c.id
--> id: orders.id
--> buyer: customers.name; CONDITIONAL customers.name
--> *: JOIN orders.customer_id customers.id
