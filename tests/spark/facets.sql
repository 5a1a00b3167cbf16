-- What Spark's own integration says of the statements of the resolver's corpus, in the corpus's
-- form. Written by `make record-spark`; where the resolver says something else stands in
-- differences.toml.

--# aggregate: a sum @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT SUM(amount) AS total FROM orders
--> total: AGGREGATION orders.amount

--# aggregate: sum, average, least and largest by group @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT customer_id, SUM(amount) AS s, AVG(amount) AS m, MIN(discount) AS lo, MAX(discount) AS hi FROM orders GROUP BY customer_id
--> *: GROUP_BY orders.customer_id
--> customer_id: IDENTITY orders.customer_id
--> hi: AGGREGATION orders.discount
--> lo: AGGREGATION orders.discount
--> m: AGGREGATION orders.amount
--> s: AGGREGATION orders.amount

--# aggregate: a count of a column masks it @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
CREATE TABLE made AS
SELECT COUNT(email) AS n, COUNT(DISTINCT country) AS c FROM customers
--> c: AGGREGATION customers.country masked
--> n: AGGREGATION customers.email masked

--# aggregate: a count by group @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
CREATE TABLE made AS
SELECT country, COUNT(*) AS n FROM customers GROUP BY country
--> *: GROUP_BY customers.country
--> country: IDENTITY customers.country

--# aggregate: a sum over an expression @spark
--: order_items(order_id int, product_id int, quantity int, unit_price int)
CREATE TABLE made AS
SELECT SUM(quantity * unit_price) AS revenue FROM order_items
--> revenue: AGGREGATION order_items.quantity order_items.unit_price

--# aggregate: an expression over sums @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT SUM(amount) / NULLIF(COUNT(*), 0) AS per_order FROM orders
--> per_order: AGGREGATION orders.amount

--# aggregate: a sum and a group key in one expression @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT customer_id + SUM(amount) AS x FROM orders GROUP BY customer_id
--> *: GROUP_BY orders.customer_id
--> x: AGGREGATION orders.amount; TRANSFORMATION orders.customer_id

--# aggregate: having is a filter @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT customer_id FROM orders GROUP BY customer_id HAVING SUM(amount) > 100 AND COUNT(*) > 2
--> *: AGGREGATION orders.amount; GROUP_BY orders.customer_id
--> customer_id: IDENTITY orders.customer_id

--# aggregate: group by an expression @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT EXTRACT(YEAR FROM ordered_at) AS y, SUM(amount) AS s FROM orders GROUP BY EXTRACT(YEAR FROM ordered_at)
--> *: TRANSFORMATION orders.ordered_at
--> s: AGGREGATION orders.amount
--> y: TRANSFORMATION orders.ordered_at

--# aggregate: group by place @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT status, amount - discount AS net, COUNT(*) AS n FROM orders GROUP BY 1, 2
--> *: GROUP_BY orders.status; TRANSFORMATION orders.amount orders.discount
--> net: TRANSFORMATION orders.amount orders.discount
--> status: IDENTITY orders.status

--# aggregate: group by the name of an output @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT amount - discount AS net, COUNT(*) AS n FROM orders GROUP BY net
--> *: TRANSFORMATION orders.amount orders.discount
--> net: TRANSFORMATION orders.amount orders.discount

--# aggregate: in group by a column wins over an output's name @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT UPPER(status) AS status, COUNT(*) AS n FROM orders GROUP BY orders.status
--> *: GROUP_BY orders.status
--> status: TRANSFORMATION orders.status

--# aggregate: group by a case @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT CASE WHEN amount > discount THEN status ELSE 'x' END AS bucket, COUNT(*) AS n FROM orders GROUP BY CASE WHEN amount > discount THEN status ELSE 'x' END
--> *: CONDITIONAL orders.amount orders.discount; IDENTITY orders.status
--> bucket: CONDITIONAL orders.amount orders.discount; IDENTITY orders.status

--# aggregate: rollup @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
CREATE TABLE made AS
SELECT country, segment, COUNT(id) AS n FROM customers GROUP BY ROLLUP (country, segment)
--> n: AGGREGATION customers.id masked

--# aggregate: distinct counts as grouping @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
CREATE TABLE made AS
SELECT DISTINCT country, LOWER(segment) AS seg FROM customers
--> *: GROUP_BY customers.country; TRANSFORMATION customers.segment
--> country: IDENTITY customers.country
--> seg: TRANSFORMATION customers.segment

--# aggregate: distinct over a case groups by its condition too @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT DISTINCT CASE WHEN amount > 10 THEN status END AS s FROM orders
--> *: CONDITIONAL orders.amount; IDENTITY orders.status
--> s: CONDITIONAL orders.amount; IDENTITY orders.status

--# aggregate: a filtered aggregate @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT SUM(amount) FILTER (WHERE status = 'paid') AS paid, SUM(amount) AS s FROM orders
--> paid: AGGREGATION orders.amount
--> s: AGGREGATION orders.amount

--# aggregate: a sum over a case @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT SUM(CASE WHEN status = 'paid' THEN amount ELSE 0 END) AS paid FROM orders
--> paid: AGGREGATION orders.amount; CONDITIONAL orders.status

--# aggregate: a count over a case of constants @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT COUNT(CASE WHEN status = 'paid' THEN 1 END) AS n FROM orders
--> n: CONDITIONAL orders.status masked

--# aggregate: a count of true rows @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT COUNT_IF(status = 'paid') AS n FROM orders
--> n: AGGREGATION orders.status masked; CONDITIONAL orders.status masked

--# aggregate: the value that goes with the largest @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT MAX_BY(status, ordered_at) AS last_status FROM orders
--> last_status: AGGREGATION orders.ordered_at orders.status

--# aggregate: approximate distinct counts @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
CREATE TABLE made AS
SELECT APPROX_COUNT_DISTINCT(email) AS n FROM customers
--> n: AGGREGATION customers.email

--# aggregate: a sum of sums @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT SUM(s.total) AS grand FROM (SELECT customer_id, SUM(amount) AS total FROM orders GROUP BY customer_id) s
--> *: GROUP_BY orders.customer_id
--> grand: AGGREGATION orders.amount

--# aggregate: the sum of a count masks through @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
CREATE TABLE made AS
SELECT SUM(s.n) AS total FROM (SELECT country, COUNT(email) AS n FROM customers GROUP BY country) s
--> *: GROUP_BY customers.country
--> total: AGGREGATION customers.email masked

--# aggregate: a group key that is not selected @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT SUM(amount) AS s FROM orders GROUP BY customer_id, status
--> *: GROUP_BY orders.customer_id orders.status
--> s: AGGREGATION orders.amount

--# aggregate: correlation of two columns @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT CORR(amount, discount) AS r, STDDEV(amount) AS sd FROM orders
--> r: AGGREGATION orders.amount orders.discount
--> sd: AGGREGATION orders.amount

--# aggregate: an aggregate used in order by alone @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT status FROM orders GROUP BY status ORDER BY SUM(amount) DESC
--> *: AGGREGATION orders.amount; GROUP_BY orders.status
--> status: IDENTITY orders.status

--# alias: an alias used by a later expression of the same list @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT amount - discount AS net, net * 2 AS twice FROM orders
--> net: TRANSFORMATION orders.amount orders.discount
--> twice: TRANSFORMATION orders.amount orders.discount

--# alias: a chain of aliases @spark
--: t(a int, b int, c int, d text)
CREATE TABLE made AS
SELECT a + b AS s, s + c AS s2, s2 * 2 AS s3 FROM t
--> s: TRANSFORMATION t.a t.b
--> s2: TRANSFORMATION t.a t.b t.c
--> s3: TRANSFORMATION t.a t.b t.c

--# alias: a column of the table wins over an alias in the same list @spark
--: t(a int, b int, c int, d text)
CREATE TABLE made AS
SELECT b AS a, a + 1 AS n FROM t
--> a: IDENTITY t.b
--> n: TRANSFORMATION t.a

--# alias: an alias in having @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT customer_id, SUM(amount) AS total FROM orders GROUP BY customer_id HAVING total > 5
--> *: AGGREGATION orders.amount; GROUP_BY orders.customer_id
--> customer_id: IDENTITY orders.customer_id
--> total: AGGREGATION orders.amount

--# alias: a table alias hides the table's name @spark
--: t(a int, b int, c int, d text)
--: u(a int, e int, f text)
CREATE TABLE made AS
SELECT x.a FROM t AS x JOIN u AS t ON t.a = x.a
--> *: JOIN t.a u.a
--> a: IDENTITY t.a

--# alias: an alias without AS @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT amount revenue FROM orders o
--> revenue: IDENTITY orders.amount

--# alias: an alias in backticks @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT `amount` AS `net amount` FROM `orders`
--> net amount: IDENTITY orders.amount

--# alias: an alias of one subquery is not seen in another @spark
--: t(a int, b int, c int, d text)
--: u(a int, e int, f text)
CREATE TABLE made AS
SELECT l.n, r.n AS m FROM (SELECT a AS n FROM t) l JOIN (SELECT e AS n FROM u) r ON l.n = r.n
--> *: IDENTITY t.a u.e
--> m: IDENTITY u.e
--> n: IDENTITY t.a

--# alias: order by an alias inside an expression @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
--: v(k int, x int, y int, z text)
CREATE TABLE made AS
SELECT id, amount AS v FROM orders ORDER BY v + id
--> *: IDENTITY orders.amount; SORT orders.id
--> id: IDENTITY orders.id
--> v: IDENTITY orders.amount

--# condition: a searched case keeps conditions apart from values @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
--: v(k int, x int, y int, z text)
CREATE TABLE made AS
SELECT CASE WHEN status = 'paid' THEN amount ELSE discount END AS v FROM orders
--> v: CONDITIONAL orders.status; IDENTITY orders.amount orders.discount

--# condition: a case of constants has conditions alone @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT CASE WHEN amount > 100 THEN 'large' WHEN amount > 10 THEN 'medium' ELSE 'small' END AS size FROM orders
--> size: CONDITIONAL orders.amount

--# condition: a simple case @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
--: v(k int, x int, y int, z text)
CREATE TABLE made AS
SELECT CASE status WHEN 'paid' THEN amount WHEN 'open' THEN discount END AS v FROM orders
--> v: CONDITIONAL orders.status; IDENTITY orders.amount orders.discount

--# condition: a simple case compared with a column @spark
--: t(a int, b int, c int, d text)
CREATE TABLE made AS
SELECT CASE a WHEN b THEN c ELSE 0 END AS r FROM t
--> r: CONDITIONAL t.a t.b; IDENTITY t.c

--# condition: a column as condition and as value @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
--: v(k int, x int, y int, z text)
CREATE TABLE made AS
SELECT CASE WHEN amount > 0 THEN amount ELSE 0 END AS v FROM orders
--> v: CONDITIONAL orders.amount; IDENTITY orders.amount

--# condition: an expression as value @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
--: v(k int, x int, y int, z text)
CREATE TABLE made AS
SELECT CASE WHEN status = 'paid' THEN amount - discount END AS v FROM orders
--> v: CONDITIONAL orders.status; TRANSFORMATION orders.amount orders.discount

--# condition: a case within an expression @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
--: v(k int, x int, y int, z text)
CREATE TABLE made AS
SELECT 1 + CASE WHEN status = 'paid' THEN amount ELSE 0 END AS v FROM orders
--> v: CONDITIONAL orders.status; TRANSFORMATION orders.amount

--# condition: a case within a case @spark
--: t(a int, b int, c int, d text)
CREATE TABLE made AS
SELECT CASE WHEN a > 0 THEN CASE WHEN b > 0 THEN c ELSE 1 END ELSE 2 END AS r FROM t
--> r: CONDITIONAL t.a t.b; IDENTITY t.c

--# condition: a case in the condition of a case @spark
--: t(a int, b int, c int, d text)
CREATE TABLE made AS
SELECT CASE WHEN CASE WHEN a > 0 THEN b ELSE c END > 1 THEN d ELSE 'x' END AS r FROM t
--> r: CONDITIONAL t.a t.b t.c; IDENTITY t.d

--# condition: IF @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
--: v(k int, x int, y int, z text)
CREATE TABLE made AS
SELECT IF(status = 'paid', amount, discount) AS v FROM orders
--> v: CONDITIONAL orders.status; IDENTITY orders.amount orders.discount

--# condition: coalesce gives and tests each argument @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
--: v(k int, x int, y int, z text)
CREATE TABLE made AS
SELECT COALESCE(discount, amount, 0) AS v FROM orders
--> v: TRANSFORMATION orders.amount orders.discount

--# condition: coalesce over expressions @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
--: v(k int, x int, y int, z text)
CREATE TABLE made AS
SELECT COALESCE(amount - discount, amount) AS v FROM orders
--> v: TRANSFORMATION orders.amount orders.discount

--# condition: NVL @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
--: v(k int, x int, y int, z text)
CREATE TABLE made AS
SELECT NVL(discount, 0) AS v FROM orders
--> v: TRANSFORMATION orders.discount

--# condition: IFNULL @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
--: v(k int, x int, y int, z text)
CREATE TABLE made AS
SELECT IFNULL(discount, amount) AS v FROM orders
--> v: TRANSFORMATION orders.amount orders.discount

--# condition: NVL2 @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
--: v(k int, x int, y int, z text)
CREATE TABLE made AS
SELECT NVL2(discount, amount, id) AS v FROM orders
--> v: CONDITIONAL orders.discount; IDENTITY orders.amount orders.id

--# condition: NULLIF passes the first and tests both @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
--: v(k int, x int, y int, z text)
CREATE TABLE made AS
SELECT NULLIF(amount, discount) AS v FROM orders
--> v: CONDITIONAL orders.amount orders.discount; IDENTITY orders.amount

--# condition: a case under a sum @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT customer_id, SUM(CASE WHEN status = 'paid' THEN amount END) AS paid FROM orders GROUP BY customer_id
--> *: GROUP_BY orders.customer_id
--> customer_id: IDENTITY orders.customer_id
--> paid: AGGREGATION orders.amount; CONDITIONAL orders.status

--# condition: a sum in the condition of a case @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT CASE WHEN SUM(amount) > 100 THEN MAX(status) ELSE 'low' END AS tier FROM orders
--> tier: AGGREGATION orders.status; CONDITIONAL orders.amount

--# condition: a condition stays a condition through a subquery @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT s.flag AS f, UPPER(s.flag) AS g FROM (SELECT CASE WHEN amount > 9 THEN status END AS flag FROM orders) s
--> f: CONDITIONAL orders.amount; IDENTITY orders.status
--> g: CONDITIONAL orders.amount; IDENTITY orders.status

--# condition: a condition used as a value becomes a condition of what it decides @spark
--: t(a int, b int, c int, d text)
--: v(k int, x int, y int, z text)
CREATE TABLE made AS
SELECT CASE WHEN s.big THEN s.a ELSE 0 END AS v FROM (SELECT a, b > 5 AS big FROM t) s
--> v: CONDITIONAL t.b; IDENTITY t.a

--# condition: a flag filtered on @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT s.id FROM (SELECT id, CASE WHEN amount > 9 THEN 1 ELSE 0 END AS flag FROM orders) s WHERE s.flag = 1
--> *: FILTER orders.amount
--> id: IDENTITY orders.id

--# condition: a condition of several columns @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
CREATE TABLE made AS
SELECT CASE WHEN country = 'FR' AND (segment = 'a' OR created_at > '2024-01-01') THEN name END AS n FROM customers
--> n: CONDITIONAL customers.country customers.created_at customers.segment; IDENTITY customers.name

--# condition: IS NULL in a case @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT CASE WHEN discount IS NULL THEN 'full' ELSE 'reduced' END AS kind FROM orders
--> kind: CONDITIONAL orders.discount

--# condition: a case over joined tables @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT o.id, CASE WHEN c.segment = 'vip' THEN o.amount * 2 ELSE o.amount END AS points FROM orders o JOIN customers c ON c.id = o.customer_id
--> *: JOIN customers.id orders.customer_id
--> id: IDENTITY orders.id
--> points: CONDITIONAL customers.segment; IDENTITY orders.amount; TRANSFORMATION orders.amount

--# condition: a case in order by @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT id FROM orders ORDER BY CASE WHEN status = 'open' THEN ordered_at END
--> *: SORT orders.ordered_at orders.status
--> id: IDENTITY orders.id

--# create: create table as @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE fresh AS SELECT id, amount - discount AS net FROM orders WHERE status = 'paid'
--> *: FILTER orders.status
--> id: IDENTITY orders.id
--> net: TRANSFORMATION orders.amount orders.discount

--# create: if it does not exist @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE IF NOT EXISTS fresh AS SELECT id FROM orders
--> id: IDENTITY orders.id

--# create: a star @spark
--: w(k int, p int, q text)
CREATE TABLE fresh AS SELECT * FROM w
--> k: IDENTITY w.k
--> p: IDENTITY w.p
--> q: IDENTITY w.q

--# create: a query in parentheses @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE fresh AS (SELECT id FROM orders)
--> id: IDENTITY orders.id

--# create: with a common table expression inside @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE fresh AS WITH s AS (SELECT id FROM orders) SELECT id FROM s
--> id: IDENTITY orders.id

--# create: of a set operation @spark
--: t(a int, b int, c int, d text)
--: u(a int, e int, f text)
CREATE TABLE fresh AS SELECT a FROM t UNION ALL SELECT e FROM u
--> a: IDENTITY t.a u.e

--# cte: one common table expression @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
WITH paid AS (SELECT id, amount FROM orders WHERE status = 'paid') SELECT id, amount * 2 AS twice FROM paid
--> *: FILTER orders.status
--> id: IDENTITY orders.id
--> twice: TRANSFORMATION orders.amount

--# cte: a chain of them @spark
--: v(k int, x int, y int, z text)
CREATE TABLE made AS
WITH a1 AS (SELECT x, y FROM v), a2 AS (SELECT x + y AS s FROM a1), a3 AS (SELECT s * 2 AS s2 FROM a2) SELECT s2 FROM a3
--> s2: TRANSFORMATION v.x v.y

--# cte: one read twice @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
WITH m AS (SELECT customer_id, SUM(amount) AS total FROM orders GROUP BY customer_id) SELECT l.customer_id, l.total - r.total AS diff FROM m l JOIN m r ON l.customer_id = r.customer_id
--> *: GROUP_BY orders.customer_id; JOIN orders.customer_id
--> customer_id: IDENTITY orders.customer_id
--> diff: AGGREGATION orders.amount

--# cte: one that nobody reads leaves no trace @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
WITH unused AS (SELECT * FROM customers WHERE country = 'FR'), used AS (SELECT id FROM orders) SELECT id FROM used
--> id: IDENTITY orders.id

--# cte: a list of column names @spark
--: v(k int, x int, y int, z text)
CREATE TABLE made AS
WITH s (code, val) AS (SELECT k, x + y FROM v) SELECT code, val FROM s
--> code: IDENTITY v.k
--> val: TRANSFORMATION v.x v.y

--# cte: a list of column names and a star over it @spark
--: v(k int, x int, y int, z text)
CREATE TABLE made AS
WITH s (code, val) AS (SELECT k, x FROM v) SELECT * FROM s
--> code: IDENTITY v.k
--> val: IDENTITY v.x

--# cte: one that shadows a table of the same name @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
--: payments(id int, amount int)
CREATE TABLE made AS
WITH orders AS (SELECT id, amount * 2 AS amount FROM payments) SELECT id, amount FROM orders
--> amount: TRANSFORMATION payments.amount
--> id: IDENTITY payments.id

--# cte: one of the same name as the table that it reads @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
WITH orders AS (SELECT id, amount FROM orders WHERE amount > 0) SELECT id FROM orders
--> *: FILTER orders.amount
--> id: IDENTITY orders.id

--# cte: a name in a schema is never shadowed @spark
--: payments(id int, amount int)
--: sales.orders(id int, amount int)
CREATE TABLE made AS
WITH orders AS (SELECT id FROM payments) SELECT o.amount FROM sales.orders o
--> amount: IDENTITY sales.orders.amount

--# cte: one nested in another @spark
--: t(a int, b int, c int, d text)
CREATE TABLE made AS
WITH outer_cte AS (WITH inner_cte AS (SELECT a, b FROM t WHERE c = 1) SELECT a + b AS s FROM inner_cte) SELECT s FROM outer_cte
--> *: FILTER t.c
--> s: TRANSFORMATION t.a t.b

--# cte: one in a derived table @spark
--: t(a int, b int, c int, d text)
CREATE TABLE made AS
SELECT n FROM (WITH s AS (SELECT a AS n FROM t) SELECT n FROM s) q
--> n: IDENTITY t.a

--# cte: one visible in a subquery of the where clause @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
WITH vip AS (SELECT id FROM customers WHERE segment = 'vip') SELECT o.id FROM orders o WHERE o.customer_id IN (SELECT id FROM vip)
--> *: FILTER customers.segment; JOIN customers.id orders.customer_id
--> id: IDENTITY orders.id

--# cte: a later one does not hide a table from an earlier one @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
WITH a1 AS (SELECT id FROM orders), b1 AS (SELECT id FROM a1) SELECT id FROM b1
--> id: IDENTITY orders.id

--# cte: one made of VALUES @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
WITH codes (code, label) AS (VALUES ('a', 'Alpha'), ('b', 'Beta')) SELECT o.id, c.label FROM orders o JOIN codes c ON o.status = c.code
--> *: JOIN orders.status
--> id: IDENTITY orders.id

--# cte: a set operation over two of them @spark
--: t(a int, b int, c int, d text)
--: u(a int, e int, f text)
CREATE TABLE made AS
WITH l AS (SELECT a AS n FROM t), r AS (SELECT e AS n FROM u) SELECT n FROM l UNION ALL SELECT n FROM r
--> n: IDENTITY t.a u.e

--# cte: a filter in one acts on the rows of the whole @spark
--: t(a int, b int, c int, d text)
CREATE TABLE made AS
WITH f AS (SELECT a, b FROM t WHERE d = 'x'), g AS (SELECT a, MAX(b) AS m FROM f GROUP BY a) SELECT m FROM g WHERE m > 3
--> *: AGGREGATION t.b; FILTER t.d; GROUP_BY t.a
--> m: AGGREGATION t.b

--# cte: the usual staging of a transformation project @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
WITH source AS (SELECT * FROM orders), renamed AS (SELECT id AS order_id, customer_id, LOWER(status) AS order_status, amount FROM source), final AS (SELECT order_id, customer_id, order_status, amount, CASE WHEN order_status = 'returned' THEN 0 ELSE amount END AS kept FROM renamed) SELECT * FROM final
--> amount: IDENTITY orders.amount
--> customer_id: IDENTITY orders.customer_id
--> kept: IDENTITY orders.amount; TRANSFORMATION orders.status
--> order_id: IDENTITY orders.id
--> order_status: TRANSFORMATION orders.status

--# dbt: a staging model @spark
--: raw.shop_orders(id int, user_id int, order_date date, status text)
CREATE TABLE made AS
with source as (
    select * from raw.shop_orders
),
renamed as (
    select
        id as order_id,
        user_id as customer_id,
        order_date,
        status
    from source
)
select * from renamed
--> customer_id: IDENTITY raw.shop_orders.user_id
--> order_date: IDENTITY raw.shop_orders.order_date
--> order_id: IDENTITY raw.shop_orders.id
--> status: IDENTITY raw.shop_orders.status

--# dbt: a pivot by macro @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
select customer_id, sum(case when status = 'paid' then 1 else 0 end) as paid, sum(case when status = 'open' then 1 else 0 end) as open_n from orders group by customer_id
--> *: GROUP_BY orders.customer_id
--> customer_id: IDENTITY orders.customer_id
--> open_n: CONDITIONAL orders.status
--> paid: CONDITIONAL orders.status

--# dbt: a mart of customers with their lifetime value @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
with o as (select * from orders), c as (select * from customers), per_customer as (select customer_id, min(ordered_at) as first_order, max(ordered_at) as last_order, count(id) as n, sum(amount - discount) as value from o where status <> 'void' group by customer_id), final as (select c.id as customer_id, c.name, per_customer.first_order, coalesce(per_customer.n, 0) as n, per_customer.value, case when per_customer.value > 1000 then 'gold' when c.segment = 'b2b' then 'partner' else 'basic' end as tier from c left join per_customer on c.id = per_customer.customer_id) select * from final
--> *: FILTER orders.status; GROUP_BY orders.customer_id; JOIN customers.id orders.customer_id
--> customer_id: IDENTITY customers.id
--> first_order: AGGREGATION orders.ordered_at
--> n: AGGREGATION orders.id masked
--> name: IDENTITY customers.name
--> tier: AGGREGATION orders.amount orders.discount; CONDITIONAL customers.segment
--> value: AGGREGATION orders.amount orders.discount

--# dbt: funnel steps @spark
--: visits(user_id int, session_id text, event text, url text, seen_at timestamp)
CREATE TABLE made AS
with steps as (select user_id, min(case when event = 'view' then seen_at end) as viewed_at, min(case when event = 'buy' then seen_at end) as bought_at from visits group by user_id) select count(viewed_at) as viewers, count(case when bought_at > viewed_at then 1 end) as buyers from steps
--> *: GROUP_BY visits.user_id
--> buyers: AGGREGATION visits.seen_at; CONDITIONAL visits.event
--> viewers: AGGREGATION visits.seen_at; CONDITIONAL visits.event masked

--# insert: a column list in another order than the table's @spark
--: out(p int, q int)
--: t(a int, b int, c int, d text)
INSERT INTO out (q, p) SELECT a, b FROM t
--> p: IDENTITY t.b
--> q: IDENTITY t.a

--# insert: no column list goes by the target's order @spark
--: out(p int, q int)
--: t(a int, b int, c int, d text)
INSERT INTO out SELECT a, b FROM t
--> p: IDENTITY t.a
--> q: IDENTITY t.b

--# insert: the names of the select list count for nothing @spark
--: out(p int, q int)
--: t(a int, b int, c int, d text)
INSERT INTO out SELECT a AS q, b AS p FROM t
--> p: IDENTITY t.a
--> q: IDENTITY t.b

--# insert: a part of the columns @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
--: wide(id int, name text, country text, loaded_at timestamp)
INSERT INTO wide (name, id) SELECT UPPER(name), id FROM customers WHERE country = 'FR'
--> *: FILTER customers.country
--> id: IDENTITY customers.id
--> name: TRANSFORMATION customers.name

--# insert: fewer values than columns @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
--: wide(id int, name text, country text, loaded_at timestamp)
INSERT INTO wide (id, name) SELECT id, name FROM customers
--> id: IDENTITY customers.id
--> name: IDENTITY customers.name

--# insert: a star @spark
--: out(p int, q int)
--: t(a int, b int, c int, d text)
INSERT INTO out SELECT * FROM (SELECT a, b FROM t) s
--> p: IDENTITY t.a
--> q: IDENTITY t.b

--# insert: a common table expression after the insert @spark
--: out(p int, q int)
--: t(a int, b int, c int, d text)
INSERT INTO out (p, q) WITH s AS (SELECT a, b FROM t WHERE c > 0) SELECT a, b FROM s
--> *: FILTER t.c
--> p: IDENTITY t.a
--> q: IDENTITY t.b

--# insert: a set operation @spark
--: out(p int, q int)
--: t(a int, b int, c int, d text)
--: u(a int, e int, f text)
INSERT INTO out (p, q) SELECT a, b FROM t UNION ALL SELECT e, a FROM u
--> p: IDENTITY t.a u.e
--> q: IDENTITY t.b u.a

--# insert: an aggregate @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
--: out(p int, q int)
INSERT INTO out (p, q) SELECT customer_id, SUM(amount) FROM orders GROUP BY customer_id
--> *: GROUP_BY orders.customer_id
--> p: IDENTITY orders.customer_id
--> q: AGGREGATION orders.amount

--# insert: the target read in its own filter @spark
--: out(p int, q int)
--: t(a int, b int, c int, d text)
INSERT INTO out (p, q) SELECT a, b FROM t WHERE NOT EXISTS (SELECT 1 FROM out o WHERE o.p = t.a)
--> *: JOIN out.p t.a
--> p: IDENTITY t.a
--> q: IDENTITY t.b

--# insert: the target is its own source @spark
--: out(p int, q int)
INSERT INTO out (p, q) SELECT p + 1, q FROM out
--> p: TRANSFORMATION out.p
--> q: IDENTITY out.q

--# insert: insert by name @spark
--: out(p int, q int)
--: t(a int, b int, c int, d text)
INSERT INTO out BY NAME SELECT a AS q, b AS p FROM t
--> p: IDENTITY t.b
--> q: IDENTITY t.a

--# insert: overwrite @spark
--: out(p int, q int)
--: t(a int, b int, c int, d text)
INSERT OVERWRITE TABLE out SELECT a, b FROM t
--> p: IDENTITY t.a
--> q: IDENTITY t.b

--# insert: dynamic columns of a join @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
--: wide(id int, name text, country text, loaded_at timestamp)
INSERT INTO wide (id, name, country) SELECT o.id, c.name, c.country FROM orders o JOIN customers c ON c.id = o.customer_id
--> *: JOIN customers.id orders.customer_id
--> country: IDENTITY customers.country
--> id: IDENTITY orders.id
--> name: IDENTITY customers.name

--# join: an inner join @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT o.id, c.name FROM orders o JOIN customers c ON o.customer_id = c.id
--> *: JOIN customers.id orders.customer_id
--> id: IDENTITY orders.id
--> name: IDENTITY customers.name

--# join: a left join @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT o.id, c.name FROM orders o LEFT JOIN customers c ON o.customer_id = c.id
--> *: JOIN customers.id orders.customer_id
--> id: IDENTITY orders.id
--> name: IDENTITY customers.name

--# join: a right join @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT o.id, c.name FROM orders o RIGHT OUTER JOIN customers c ON o.customer_id = c.id
--> *: JOIN customers.id orders.customer_id
--> id: IDENTITY orders.id
--> name: IDENTITY customers.name

--# join: a full join @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT o.id, c.name FROM orders o FULL OUTER JOIN customers c ON o.customer_id = c.id
--> *: JOIN customers.id orders.customer_id
--> id: IDENTITY orders.id
--> name: IDENTITY customers.name

--# join: a cross join has no key @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT o.id, c.name FROM orders o CROSS JOIN customers c
--> id: IDENTITY orders.id
--> name: IDENTITY customers.name

--# join: unqualified columns of two tables @spark
--: employees(id int, full_name text, manager_id int, department text, salary int, hired_on date)
--: products(id int, title text, category text, price int)
CREATE TABLE made AS
SELECT full_name, title FROM employees JOIN products ON salary > price
--> *: JOIN employees.salary products.price
--> full_name: IDENTITY employees.full_name
--> title: IDENTITY products.title

--# join: a condition on one side in the ON clause @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT o.id, c.name FROM orders o LEFT JOIN customers c ON o.customer_id = c.id AND c.segment = 'b2b'
--> *: JOIN customers.id customers.segment orders.customer_id
--> id: IDENTITY orders.id
--> name: IDENTITY customers.name

--# join: a join written with commas is a filter @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT o.id, c.name FROM orders o, customers c WHERE o.customer_id = c.id
--> *: FILTER customers.id orders.customer_id
--> id: IDENTITY orders.id
--> name: IDENTITY customers.name

--# join: three tables @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
--: order_items(order_id int, product_id int, quantity int, unit_price int)
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
--: products(id int, title text, category text, price int)
CREATE TABLE made AS
SELECT c.name, p.title, i.quantity FROM orders o JOIN customers c ON c.id = o.customer_id JOIN order_items i ON i.order_id = o.id JOIN products p ON p.id = i.product_id
--> *: JOIN customers.id order_items.order_id order_items.product_id orders.customer_id orders.id products.id
--> name: IDENTITY customers.name
--> quantity: IDENTITY order_items.quantity
--> title: IDENTITY products.title

--# join: a table joined with itself @spark
--: employees(id int, full_name text, manager_id int, department text, salary int, hired_on date)
CREATE TABLE made AS
SELECT e.full_name, m.full_name AS manager FROM employees e LEFT JOIN employees m ON e.manager_id = m.id
--> *: JOIN employees.id employees.manager_id
--> full_name: IDENTITY employees.full_name
--> manager: IDENTITY employees.full_name

--# join: USING merges the column of an inner join @spark
--: t(a int, b int, c int, d text)
--: u(a int, e int, f text)
CREATE TABLE made AS
SELECT a, b, e FROM t JOIN u USING (a)
--> *: JOIN t.a u.a
--> a: IDENTITY t.a
--> b: IDENTITY t.b
--> e: IDENTITY u.e

--# join: USING of a left join keeps the left value @spark
--: t(a int, b int, c int, d text)
--: u(a int, e int, f text)
CREATE TABLE made AS
SELECT a, e FROM t LEFT JOIN u USING (a)
--> *: JOIN t.a u.a
--> a: IDENTITY t.a
--> e: IDENTITY u.e

--# join: USING of a right join keeps the right value @spark
--: t(a int, b int, c int, d text)
--: u(a int, e int, f text)
CREATE TABLE made AS
SELECT a, b FROM t RIGHT JOIN u USING (a)
--> *: JOIN t.a u.a
--> a: IDENTITY u.a
--> b: IDENTITY t.b

--# join: USING of a full join takes whichever is there @spark
--: t(a int, b int, c int, d text)
--: u(a int, e int, f text)
CREATE TABLE made AS
SELECT a, b, e FROM t FULL JOIN u USING (a)
--> *: JOIN t.a u.a
--> a: TRANSFORMATION t.a u.a
--> b: IDENTITY t.b
--> e: IDENTITY u.e

--# join: a merged column named with its table is that table's own @spark
--: t(a int, b int, c int, d text)
--: u(a int, e int, f text)
CREATE TABLE made AS
SELECT t.a AS ta, u.a AS ua FROM t LEFT JOIN u USING (a)
--> *: JOIN t.a u.a
--> ta: IDENTITY t.a
--> ua: IDENTITY u.a

--# join: USING over three tables @spark
--: x1(k int, p1 int)
--: x2(k int, p2 int)
--: x3(k int, p3 int)
CREATE TABLE made AS
SELECT k, p1, p2, p3 FROM x1 JOIN x2 USING (k) JOIN x3 USING (k)
--> *: JOIN x1.k x2.k x3.k
--> k: IDENTITY x1.k
--> p1: IDENTITY x1.p1
--> p2: IDENTITY x2.p2
--> p3: IDENTITY x3.p3

--# join: full joins with USING over three tables @spark
--: x1(k int, p1 int)
--: x2(k int, p2 int)
--: x3(k int, p3 int)
CREATE TABLE made AS
SELECT k, p3 FROM x1 FULL JOIN x2 USING (k) FULL JOIN x3 USING (k)
--> *: JOIN x1.k x2.k x3.k; TRANSFORMATION x1.k x2.k
--> k: TRANSFORMATION x1.k x2.k x3.k
--> p3: IDENTITY x3.p3

--# join: USING with two columns @spark
--: m1(k int, l int, p int)
--: m2(k int, l int, q int)
CREATE TABLE made AS
SELECT k, l, p, q FROM m1 JOIN m2 USING (k, l)
--> *: JOIN m1.k m1.l m2.k m2.l
--> k: IDENTITY m1.k
--> l: IDENTITY m1.l
--> p: IDENTITY m1.p
--> q: IDENTITY m2.q

--# join: a natural join merges what both have @spark
--: v(k int, x int, y int, z text)
--: w(k int, p int, q text)
CREATE TABLE made AS
SELECT k, x, p FROM v NATURAL JOIN w
--> *: JOIN v.k w.k
--> k: IDENTITY v.k
--> p: IDENTITY w.p
--> x: IDENTITY v.x

--# join: a natural left join @spark
--: v(k int, x int, y int, z text)
--: w(k int, p int, q text)
CREATE TABLE made AS
SELECT k, q FROM v NATURAL LEFT JOIN w
--> *: JOIN v.k w.k
--> k: IDENTITY v.k
--> q: IDENTITY w.q

--# join: a filter on a merged column @spark
--: t(a int, b int, c int, d text)
--: u(a int, e int, f text)
CREATE TABLE made AS
SELECT b, e FROM t JOIN u USING (a) WHERE a > 1
--> *: FILTER t.a; JOIN t.a u.a
--> b: IDENTITY t.b
--> e: IDENTITY u.e

--# join: join and filter @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT o.id, c.name FROM orders o JOIN customers c ON o.customer_id = c.id WHERE c.country = 'FR' AND o.amount > 0
--> *: FILTER customers.country orders.amount; JOIN customers.id orders.customer_id
--> id: IDENTITY orders.id
--> name: IDENTITY customers.name

--# join: a join of an aggregated subquery @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT c.name, s.total FROM customers c JOIN (SELECT customer_id, SUM(amount) AS total FROM orders GROUP BY customer_id) s ON s.customer_id = c.id
--> *: GROUP_BY orders.customer_id; JOIN customers.id orders.customer_id
--> name: IDENTITY customers.name
--> total: AGGREGATION orders.amount

--# join: a join on an expression @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
--: employees(id int, full_name text, manager_id int, department text, salary int, hired_on date)
CREATE TABLE made AS
SELECT c.id FROM customers c JOIN employees e ON LOWER(c.name) = LOWER(e.full_name)
--> *: JOIN customers.name employees.full_name
--> id: IDENTITY customers.id

--# join: a lateral subquery @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT c.name, r.amount FROM customers c CROSS JOIN LATERAL (SELECT o.amount FROM orders o WHERE o.customer_id = c.id) r
--> *: JOIN customers.id orders.customer_id
--> amount: IDENTITY orders.amount
--> name: IDENTITY customers.name

--# join: a semi join @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT o.id FROM orders o LEFT SEMI JOIN customers c ON o.customer_id = c.id
--> *: JOIN customers.id orders.customer_id
--> id: IDENTITY orders.id

--# join: an anti join @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT o.id FROM orders o ANTI JOIN customers c ON o.customer_id = c.id
--> *: JOIN customers.id orders.customer_id
--> id: IDENTITY orders.id

--# join: a star over a semi join has only the left columns @spark
--: t(a int, b int, c int, d text)
--: u(a int, e int, f text)
CREATE TABLE made AS
SELECT * FROM t LEFT SEMI JOIN u ON t.a = u.a
--> *: JOIN t.a u.a
--> a: IDENTITY t.a
--> b: IDENTITY t.b
--> c: IDENTITY t.c
--> d: IDENTITY t.d

--# join: a join in parentheses @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
--: order_items(order_id int, product_id int, quantity int, unit_price int)
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT c.name, i.quantity FROM customers c LEFT JOIN (orders o JOIN order_items i ON i.order_id = o.id) ON o.customer_id = c.id
--> *: JOIN customers.id order_items.order_id orders.customer_id orders.id
--> name: IDENTITY customers.name
--> quantity: IDENTITY order_items.quantity

--# join: a join on a case @spark
--: t(a int, b int, c int, d text)
--: u(a int, e int, f text)
CREATE TABLE made AS
SELECT t.d, u.f FROM t JOIN u ON CASE WHEN t.b > 0 THEN t.a ELSE t.c END = u.a
--> *: JOIN t.a t.b t.c u.a
--> d: IDENTITY t.d
--> f: IDENTITY u.f

--# join: a join on a derived column spreads to its sources @spark
--: t(a int, b int, c int, d text)
--: v(k int, x int, y int, z text)
CREATE TABLE made AS
SELECT s.key, v.z FROM (SELECT a + b AS key FROM t) s JOIN v ON s.key = v.k
--> *: JOIN v.k; TRANSFORMATION t.a t.b
--> key: TRANSFORMATION t.a t.b
--> z: IDENTITY v.z

--# join: an outer column of a left join in a coalesce @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT o.id, COALESCE(c.name, 'unknown') AS buyer FROM orders o LEFT JOIN customers c ON o.customer_id = c.id
--> *: JOIN customers.id orders.customer_id
--> buyer: TRANSFORMATION customers.name
--> id: IDENTITY orders.id

--# masking: md5 @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
CREATE TABLE made AS
SELECT MD5(email) AS key FROM customers
--> key: TRANSFORMATION customers.email masked

--# masking: sha family @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
CREATE TABLE made AS
SELECT SHA1(email) AS s1, SHA2(email, 256) AS s2 FROM customers
--> s1: TRANSFORMATION customers.email masked
--> s2: TRANSFORMATION customers.email masked

--# masking: xxhash and crc @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
CREATE TABLE made AS
SELECT XXHASH64(email) AS x, CRC32(email) AS c, HASH(name) AS h FROM customers
--> c: TRANSFORMATION customers.email masked
--> h: TRANSFORMATION customers.name masked
--> x: TRANSFORMATION customers.email masked

--# masking: a mask function @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
CREATE TABLE made AS
SELECT MASK(email) AS m FROM customers
--> m: TRANSFORMATION customers.email masked

--# masking: a masked part of an expression @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
--: u(a int, e int, f text)
CREATE TABLE made AS
SELECT CONCAT('u-', MD5(LOWER(email)), '-', country) AS key FROM customers
--> key: TRANSFORMATION customers.country; TRANSFORMATION customers.email masked

--# masking: masked in one column and plain in another @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
CREATE TABLE made AS
SELECT MD5(email) AS h, email FROM customers
--> email: IDENTITY customers.email
--> h: TRANSFORMATION customers.email masked

--# masking: masking holds through a subquery @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
CREATE TABLE made AS
SELECT UPPER(s.h) AS k FROM (SELECT MD5(email) AS h FROM customers) s
--> k: TRANSFORMATION customers.email masked

--# masking: masked under an aggregate @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
CREATE TABLE made AS
SELECT MAX(MD5(email)) AS m FROM customers
--> m: AGGREGATION customers.email masked

--# masking: a count masks and a sum does not @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
CREATE TABLE made AS
SELECT COUNT(email) AS n, SUM(id) AS s FROM customers
--> n: AGGREGATION customers.email masked
--> s: AGGREGATION customers.id

--# masking: an expression over a count stays masked @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
CREATE TABLE made AS
SELECT COUNT(email) * 100 / COUNT(*) AS pct FROM customers
--> pct: AGGREGATION customers.email masked

--# masking: a union of masked and plain shows both @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
CREATE TABLE made AS
SELECT MD5(email) AS e FROM customers UNION ALL SELECT LOWER(email) FROM customers
--> e: TRANSFORMATION customers.email; TRANSFORMATION customers.email masked

--# masking: a masked branch of a case @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
CREATE TABLE made AS
SELECT CASE WHEN country = 'DE' THEN MD5(email) ELSE email END AS contact FROM customers
--> contact: CONDITIONAL customers.country; IDENTITY customers.email; TRANSFORMATION customers.email masked

--# masking: a redaction by text functions is none @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
CREATE TABLE made AS
SELECT CONCAT(SUBSTRING(email, 1, 2), '***') AS e FROM customers
--> e: TRANSFORMATION customers.email

--# merge: an alias on the left of the assignment @spark
--% format=delta
--: src(id int, amount int, status text, extra int)
--: tgt(id int, amount int, status text, seen int)
MERGE INTO tgt t1 USING src s1 ON (t1.id = s1.id) WHEN MATCHED THEN UPDATE SET t1.status = s1.status
--> amount: IDENTITY tgt.amount
--> id: IDENTITY tgt.id
--> seen: IDENTITY tgt.seen
--> status: IDENTITY src.status

--# merge: all columns by star @spark
--% format=delta
--: tgt(id int, amount int, status text, seen int)
--: twin(id int, amount int, status text, seen int)
MERGE INTO tgt USING twin ON tgt.id = twin.id WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *
--> amount: IDENTITY twin.amount
--> id: IDENTITY twin.id
--> seen: IDENTITY twin.seen
--> status: IDENTITY twin.status

--# merge: all columns by star from a subquery @spark
--% format=delta
--: src(id int, amount int, status text, extra int)
--: tgt(id int, amount int, status text, seen int)
MERGE INTO tgt USING (SELECT id, amount + extra AS amount, status, extra AS seen FROM src) s ON tgt.id = s.id WHEN NOT MATCHED THEN INSERT *
--> amount: TRANSFORMATION src.amount src.extra
--> id: IDENTITY src.id
--> seen: IDENTITY src.extra
--> status: IDENTITY src.status

--# naming: two parts @spark
--: sales.bills(id int, amount int)
CREATE TABLE made AS
SELECT amount FROM sales.bills
--> amount: IDENTITY sales.bills.amount

--# naming: a column named with its whole table @spark
--: sales.bills(id int, amount int)
CREATE TABLE made AS
SELECT sales.bills.amount FROM sales.bills
--> amount: IDENTITY sales.bills.amount

--# naming: a column named with the last part of its table @spark
--: sales.bills(id int, amount int)
CREATE TABLE made AS
SELECT bills.amount FROM sales.bills
--> amount: IDENTITY sales.bills.amount

--# naming: two tables of one name in two schemas @spark
--: s1.bills(id int, amount int)
--: s2.bills(id int, amount int)
CREATE TABLE made AS
SELECT x.amount, y.amount AS other FROM s1.bills x JOIN s2.bills y ON x.id = y.id
--> *: JOIN s1.bills.id s2.bills.id
--> amount: IDENTITY s1.bills.amount
--> other: IDENTITY s2.bills.amount

--# naming: case does not matter, the schema's spelling is kept @spark
--: bills(Id int, Amount int)
CREATE TABLE made AS
SELECT AMOUNT AS Total, id AS Key_Id FROM bills
--> key_id: IDENTITY bills.id
--> total: IDENTITY bills.amount

--# naming: an alias is found in any case @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT O.amount FROM orders AS o
--> amount: IDENTITY orders.amount

--# naming: a common table expression is found in any case @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
WITH Paid AS (SELECT id FROM orders) SELECT ID FROM PAID
--> id: IDENTITY orders.id

--# nested: a member of a struct that the schema lists @spark
--: people(id int, address struct(city text, zip text), address.city text, address.zip text, tags text[], scores int[], attrs map(text,text), doc json)
CREATE TABLE made AS
SELECT address.city FROM people
--> city: TRANSFORMATION people.address

--# nested: a member of a struct with its table @spark
--: people(id int, address struct(city text, zip text), address.city text, address.zip text, tags text[], scores int[], attrs map(text,text), doc json)
CREATE TABLE made AS
SELECT p.address.city AS town FROM people p
--> town: TRANSFORMATION people.address

--# nested: a struct as a whole @spark
--: people(id int, address struct(city text, zip text), address.city text, address.zip text, tags text[], scores int[], attrs map(text,text), doc json)
CREATE TABLE made AS
SELECT address FROM people
--> address: IDENTITY people.address

--# nested: a member in a filter @spark
--: people(id int, address struct(city text, zip text), address.city text, address.zip text, tags text[], scores int[], attrs map(text,text), doc json)
CREATE TABLE made AS
SELECT id FROM people WHERE address.zip = '1000'
--> *: FILTER people.address
--> id: IDENTITY people.id

--# nested: an element of an array @spark
--: people(id int, address struct(city text, zip text), address.city text, address.zip text, tags text[], scores int[], attrs map(text,text), doc json)
CREATE TABLE made AS
SELECT id, scores[1] AS first_score FROM people
--> first_score: TRANSFORMATION people.scores
--> id: IDENTITY people.id

--# nested: an element at a column's place @spark
--: people(id int, address struct(city text, zip text), address.city text, address.zip text, tags text[], scores int[], attrs map(text,text), doc json)
CREATE TABLE made AS
SELECT scores[id] AS s FROM people
--> s: TRANSFORMATION people.id people.scores

--# nested: a value of a map @spark
--: people(id int, address struct(city text, zip text), address.city text, address.zip text, tags text[], scores int[], attrs map(text,text), doc json)
CREATE TABLE made AS
SELECT attrs['colour'] AS colour FROM people
--> colour: TRANSFORMATION people.attrs

--# nested: get_json_object @spark
--: people(id int, address struct(city text, zip text), address.city text, address.zip text, tags text[], scores int[], attrs map(text,text), doc json)
CREATE TABLE made AS
SELECT GET_JSON_OBJECT(doc, '$.a') AS a FROM people
--> a: TRANSFORMATION people.doc

--# nested: a struct is built @spark
--: people(id int, address struct(city text, zip text), address.city text, address.zip text, tags text[], scores int[], attrs map(text,text), doc json)
--: t(a int, b int, c int, d text)
CREATE TABLE made AS
SELECT STRUCT(id AS n, tags AS t) AS s FROM people
--> s: TRANSFORMATION people.id people.tags

--# nested: a member of a struct built in a subquery @spark
--: people(id int, address struct(city text, zip text), address.city text, address.zip text, tags text[], scores int[], attrs map(text,text), doc json)
--: t(a int, b int, c int, d text)
CREATE TABLE made AS
SELECT s.pair.n AS n FROM (SELECT STRUCT(id AS n, tags AS t) AS pair FROM people) s
--> n: IDENTITY people.id

--# nested: a member of a struct that the schema does not list @spark
--: boxes(id int, body struct(w int))
--: w(k int, p int, q text)
CREATE TABLE made AS
SELECT body.w FROM boxes
--> w: TRANSFORMATION boxes.body

--# nested: explode in the select list @spark
--: people(id int, address struct(city text, zip text), address.city text, address.zip text, tags text[], scores int[], attrs map(text,text), doc json)
CREATE TABLE made AS
SELECT id, EXPLODE(tags) AS tag FROM people
--> id: IDENTITY people.id
--> tag: TRANSFORMATION people.tags

--# nested: explode by a lateral view @spark
--: people(id int, address struct(city text, zip text), address.city text, address.zip text, tags text[], scores int[], attrs map(text,text), doc json)
CREATE TABLE made AS
SELECT p.id, x.tag FROM people p LATERAL VIEW EXPLODE(p.tags) x AS tag
--> id: IDENTITY people.id
--> tag: TRANSFORMATION people.tags

--# nested: an outer lateral view with positions @spark
--: people(id int, address struct(city text, zip text), address.city text, address.zip text, tags text[], scores int[], attrs map(text,text), doc json)
CREATE TABLE made AS
SELECT p.id, x.pos, x.tag FROM people p LATERAL VIEW OUTER POSEXPLODE(p.tags) x AS pos, tag
--> id: IDENTITY people.id
--> pos: TRANSFORMATION people.tags
--> tag: TRANSFORMATION people.tags

--# nested: a lateral view over a map @spark
--: people(id int, address struct(city text, zip text), address.city text, address.zip text, tags text[], scores int[], attrs map(text,text), doc json)
--: v(k int, x int, y int, z text)
CREATE TABLE made AS
SELECT p.id, k, v FROM people p LATERAL VIEW EXPLODE(attrs) m AS k, v
--> id: IDENTITY people.id
--> k: TRANSFORMATION people.attrs
--> v: TRANSFORMATION people.attrs

--# nested: two lateral views @spark
--: people(id int, address struct(city text, zip text), address.city text, address.zip text, tags text[], scores int[], attrs map(text,text), doc json)
CREATE TABLE made AS
SELECT id, tag, score FROM people LATERAL VIEW EXPLODE(tags) x AS tag LATERAL VIEW EXPLODE(scores) y AS score
--> id: IDENTITY people.id
--> score: TRANSFORMATION people.scores
--> tag: TRANSFORMATION people.tags

--# nested: an array transformed by a lambda @spark
--: people(id int, address struct(city text, zip text), address.city text, address.zip text, tags text[], scores int[], attrs map(text,text), doc json)
CREATE TABLE made AS
SELECT id, transform(scores, s -> s + 1) AS up FROM people
--> id: IDENTITY people.id
--> up: TRANSFORMATION people.scores

--# nested: a lambda that reads a column too @spark
--: people(id int, address struct(city text, zip text), address.city text, address.zip text, tags text[], scores int[], attrs map(text,text), doc json)
CREATE TABLE made AS
SELECT id, filter(scores, s -> s > id) AS high FROM people
--> high: TRANSFORMATION people.id people.scores
--> id: IDENTITY people.id

--# pivot: pivot with names @spark
--: sales(region text, month text, amount int, units int)
CREATE TABLE made AS
SELECT region, jan, feb FROM (SELECT region, month, amount FROM sales) PIVOT (SUM(amount) FOR month IN ('jan' AS jan, 'feb' AS feb))
--> *: GROUP_BY sales.month sales.region
--> feb: AGGREGATION sales.amount sales.month
--> jan: AGGREGATION sales.amount sales.month
--> region: IDENTITY sales.region

--# pivot: a star over a pivot @spark
--: sales(region text, month text, amount int, units int)
CREATE TABLE made AS
SELECT * FROM (SELECT region, month, amount FROM sales) PIVOT (SUM(amount) FOR month IN ('jan' AS jan, 'feb' AS feb))
--> *: GROUP_BY sales.month sales.region
--> feb: AGGREGATION sales.amount sales.month
--> jan: AGGREGATION sales.amount sales.month
--> region: IDENTITY sales.region

--# pivot: a star over a pivot of two aggregates @spark
--: sales(region text, month text, amount int, units int)
CREATE TABLE made AS
SELECT * FROM (SELECT region, month, amount, units FROM sales) PIVOT (SUM(amount) AS total, MAX(units) AS most FOR month IN ('jan' AS jan, 'feb' AS feb))
--> *: GROUP_BY sales.month sales.region
--> feb_most: AGGREGATION sales.month sales.units
--> feb_total: AGGREGATION sales.amount sales.month
--> jan_most: AGGREGATION sales.month sales.units
--> jan_total: AGGREGATION sales.amount sales.month
--> region: IDENTITY sales.region

--# pivot: two aggregates by their names in Spark @spark
--: sales(region text, month text, amount int, units int)
CREATE TABLE made AS
SELECT region, jan_total, feb_most FROM (SELECT region, month, amount, units FROM sales) PIVOT (SUM(amount) AS total, MAX(units) AS most FOR month IN ('jan' AS jan, 'feb' AS feb))
--> *: GROUP_BY sales.month sales.region
--> feb_most: AGGREGATION sales.month sales.units
--> jan_total: AGGREGATION sales.amount sales.month
--> region: IDENTITY sales.region

--# pivot: pivot of a whole table groups by the rest @spark
--: sales(region text, month text, amount int, units int)
CREATE TABLE made AS
SELECT * FROM sales PIVOT (SUM(amount) FOR month IN ('jan' AS jan, 'feb' AS feb))
--> *: GROUP_BY sales.month sales.region sales.units
--> feb: AGGREGATION sales.amount sales.month
--> jan: AGGREGATION sales.amount sales.month
--> region: IDENTITY sales.region
--> units: IDENTITY sales.units

--# pivot: a pivot by conditions, as portable SQL has it @spark
--: sales(region text, month text, amount int, units int)
CREATE TABLE made AS
SELECT region, SUM(CASE WHEN month = 'jan' THEN amount END) AS jan, SUM(CASE WHEN month = 'feb' THEN amount END) AS feb FROM sales GROUP BY region
--> *: GROUP_BY sales.region
--> feb: AGGREGATION sales.amount; CONDITIONAL sales.month
--> jan: AGGREGATION sales.amount; CONDITIONAL sales.month
--> region: IDENTITY sales.region

--# pivot: unpivot @spark
--: wide(region text, jan int, feb int, mar int)
CREATE TABLE made AS
SELECT region, month, amount FROM wide UNPIVOT (amount FOR month IN (jan, feb, mar))
--> region: IDENTITY wide.region

--# pivot: a star over unpivot @spark
--: wide(region text, jan int, feb int, mar int)
CREATE TABLE made AS
SELECT * FROM wide UNPIVOT (amount FOR month IN (jan, feb, mar))
--> region: IDENTITY wide.region

--# pivot: unpivot of some columns keeps the others @spark
--: wide(region text, jan int, feb int, mar int)
CREATE TABLE made AS
SELECT region, mar, month, amount FROM wide UNPIVOT (amount FOR month IN (jan, feb))
--> mar: IDENTITY wide.mar
--> region: IDENTITY wide.region

--# pivot: stack @spark
--: wide(region text, jan int, feb int, mar int)
CREATE TABLE made AS
SELECT region, stack(2, 'jan', jan, 'feb', feb) AS (month, amount) FROM wide
--> amount: TRANSFORMATION wide.feb wide.jan
--> month: TRANSFORMATION wide.feb wide.jan
--> region: IDENTITY wide.region

--# pivot: a filter over a pivot @spark
--: sales(region text, month text, amount int, units int)
CREATE TABLE made AS
SELECT region FROM (SELECT region, month, amount FROM sales) PIVOT (SUM(amount) FOR month IN ('jan' AS jan, 'feb' AS feb)) WHERE jan > 10
--> *: AGGREGATION sales.amount sales.month; GROUP_BY sales.month sales.region
--> region: IDENTITY sales.region

--# pivot: unpivot that keeps empty values acts on no row @spark
--: wide(region text, jan int, feb int, mar int)
CREATE TABLE made AS
SELECT region, month, amount FROM wide UNPIVOT INCLUDE NULLS (amount FOR month IN (jan, feb, mar))
--> region: IDENTITY wide.region

--# projection: a column as it is @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT amount FROM orders
--> amount: IDENTITY orders.amount

--# projection: a column under another name @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT amount AS revenue FROM orders
--> revenue: IDENTITY orders.amount

--# projection: a column qualified by its table @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT orders.amount FROM orders
--> amount: IDENTITY orders.amount

--# projection: a column qualified by an alias @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT o.amount, o.status AS state FROM orders o
--> amount: IDENTITY orders.amount
--> state: IDENTITY orders.status

--# projection: the same column twice @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT id, id AS order_id FROM orders
--> id: IDENTITY orders.id
--> order_id: IDENTITY orders.id

--# projection: arithmetic over two columns @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT amount - discount AS net FROM orders
--> net: TRANSFORMATION orders.amount orders.discount

--# projection: arithmetic with a constant @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT amount * 1.2 AS gross FROM orders
--> gross: TRANSFORMATION orders.amount

--# projection: a cast is a transformation @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT CAST(amount AS VARCHAR(20)) AS amount_text FROM orders
--> amount_text: TRANSFORMATION orders.amount

--# projection: a parenthesised column is the column @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT (amount) AS amount FROM orders
--> amount: IDENTITY orders.amount

--# projection: nested parentheses around an expression @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT ((amount) + (discount)) AS s FROM orders
--> s: TRANSFORMATION orders.amount orders.discount

--# projection: a function of a column @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
CREATE TABLE made AS
SELECT UPPER(name) AS shouted FROM customers
--> shouted: TRANSFORMATION customers.name

--# projection: nested functions @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
CREATE TABLE made AS
SELECT LOWER(TRIM(email)) AS email FROM customers
--> email: TRANSFORMATION customers.email

--# projection: concatenation with bars @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
CREATE TABLE made AS
SELECT name || ' <' || email || '>' AS contact FROM customers
--> contact: TRANSFORMATION customers.email customers.name

--# projection: concatenation by function @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
CREATE TABLE made AS
SELECT CONCAT(name, '-', country) AS tag FROM customers
--> tag: TRANSFORMATION customers.country customers.name

--# projection: a comparison as a value @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT amount > 100 AS large FROM orders
--> large: TRANSFORMATION orders.amount

--# projection: is null as a value @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT discount IS NULL AS full_price FROM orders
--> full_price: TRANSFORMATION orders.discount

--# projection: between as a value @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT amount BETWEEN discount AND 100 AS b FROM orders
--> b: TRANSFORMATION orders.amount orders.discount

--# projection: like as a value @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
CREATE TABLE made AS
SELECT name LIKE 'A%' AS starts FROM customers
--> starts: TRANSFORMATION customers.name

--# projection: extracting a part of a date @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT EXTRACT(YEAR FROM ordered_at) AS y FROM orders
--> y: TRANSFORMATION orders.ordered_at

--# projection: truncating a date @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT DATE_TRUNC('month', ordered_at) AS month FROM orders
--> month: TRANSFORMATION orders.ordered_at

--# projection: an interval added @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT ordered_at + INTERVAL '7' DAY AS due FROM orders
--> due: TRANSFORMATION orders.ordered_at

--# projection: the current time has no source @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT id, CURRENT_TIMESTAMP AS loaded_at FROM orders
--> id: IDENTITY orders.id

--# projection: trim with its own grammar @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
CREATE TABLE made AS
SELECT TRIM(BOTH ' ' FROM name) AS n FROM customers
--> n: TRANSFORMATION customers.name

--# projection: substring with its own grammar @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
CREATE TABLE made AS
SELECT SUBSTRING(name FROM 1 FOR 3) AS n FROM customers
--> n: TRANSFORMATION customers.name

--# projection: position with its own grammar @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
CREATE TABLE made AS
SELECT POSITION('@' IN email) AS at FROM customers
--> at: TRANSFORMATION customers.email

--# projection: an expression without a name @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT amount + 1 FROM orders
--> (amount + 1): TRANSFORMATION orders.amount

--# projection: two tables side by side @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT c.name, o.amount FROM customers c, orders o
--> amount: IDENTITY orders.amount
--> name: IDENTITY customers.name

--# projection: the largest of several columns @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT GREATEST(amount, discount, 0) AS m FROM orders
--> m: TRANSFORMATION orders.amount orders.discount

--# projection: a unary minus @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT -amount AS owed FROM orders
--> owed: TRANSFORMATION orders.amount

--# projection: a boolean negation @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT NOT (amount > discount) AS n FROM orders
--> n: TRANSFORMATION orders.amount orders.discount

--# projection: the same source by two expressions @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT amount, amount * 2 AS twice FROM orders
--> amount: IDENTITY orders.amount
--> twice: TRANSFORMATION orders.amount

--# projection: a column and its own double in one expression @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT amount + amount * discount AS x FROM orders
--> x: TRANSFORMATION orders.amount orders.discount

--# projection: regular expressions @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
CREATE TABLE made AS
SELECT REGEXP_REPLACE(email, '@.*', '') AS account FROM customers
--> account: TRANSFORMATION customers.email

--# projection: a row limit alone orders nothing @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT id FROM orders LIMIT 10
--> id: IDENTITY orders.id

--# projection: an ordered limit @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT id FROM orders ORDER BY amount DESC
--> *: SORT orders.amount
--> id: IDENTITY orders.id

--# projection: order by the name of an output @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT id, amount - discount AS net FROM orders ORDER BY net
--> *: TRANSFORMATION orders.amount orders.discount
--> id: IDENTITY orders.id
--> net: TRANSFORMATION orders.amount orders.discount

--# projection: order by the place of an output @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT id, amount - discount AS net FROM orders ORDER BY 2, 1
--> *: SORT orders.id; TRANSFORMATION orders.amount orders.discount
--> id: IDENTITY orders.id
--> net: TRANSFORMATION orders.amount orders.discount

--# projection: an output's name wins over a column in order by @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT id AS amount FROM orders ORDER BY amount
--> *: IDENTITY orders.id
--> amount: IDENTITY orders.id

--# projection: order by an expression @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT id FROM orders ORDER BY amount - discount
--> *: SORT orders.amount orders.discount
--> id: IDENTITY orders.id

--# projection: a filter acts on every row @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT id, amount FROM orders WHERE status = 'paid'
--> *: FILTER orders.status
--> amount: IDENTITY orders.amount
--> id: IDENTITY orders.id

--# projection: a filter over several columns @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT id FROM orders WHERE status IN ('paid', 'sent') AND (amount > discount OR ordered_at IS NULL)
--> *: FILTER orders.amount orders.discount orders.ordered_at orders.status
--> id: IDENTITY orders.id

--# projection: a filter column that is selected too @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT status FROM orders WHERE status <> 'x'
--> *: FILTER orders.status
--> status: IDENTITY orders.status

--# projection: a case inside a filter is a filter @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT id FROM orders WHERE CASE WHEN status = 'paid' THEN amount ELSE discount END > 10
--> *: FILTER orders.amount orders.discount orders.status
--> id: IDENTITY orders.id

--# set_operation: union all goes by position @spark
--: t(a int, b int, c int, d text)
--: u(a int, e int, f text)
CREATE TABLE made AS
SELECT a, b FROM t UNION ALL SELECT e, a FROM u
--> a: IDENTITY t.a u.e
--> b: IDENTITY t.b u.a

--# set_operation: union all keeps the first names @spark
--: t(a int, b int, c int, d text)
--: w(k int, p int, q text)
CREATE TABLE made AS
SELECT a AS n, d AS label FROM t UNION ALL SELECT k, q FROM w
--> label: IDENTITY t.d w.q
--> n: IDENTITY t.a w.k

--# set_operation: union removes duplicates @spark
--: t(a int, b int, c int, d text)
--: u(a int, e int, f text)
CREATE TABLE made AS
SELECT a, d FROM t UNION SELECT e, f FROM u
--> a: IDENTITY t.a u.e
--> d: IDENTITY t.d u.f

--# set_operation: union distinct @spark
--: t(a int, b int, c int, d text)
--: u(a int, e int, f text)
CREATE TABLE made AS
SELECT a, d FROM t UNION DISTINCT SELECT e, f FROM u
--> a: IDENTITY t.a u.e
--> d: IDENTITY t.d u.f

--# set_operation: intersect @spark
--: t(a int, b int, c int, d text)
--: u(a int, e int, f text)
CREATE TABLE made AS
SELECT a FROM t INTERSECT SELECT e FROM u
--> *: GROUP_BY t.a; JOIN t.a u.e
--> a: IDENTITY t.a

--# set_operation: except takes values from the left alone @spark
--: t(a int, b int, c int, d text)
--: u(a int, e int, f text)
CREATE TABLE made AS
SELECT a, b FROM t EXCEPT SELECT e, a FROM u
--> *: GROUP_BY t.a t.b; JOIN t.a t.b u.a u.e
--> a: IDENTITY t.a
--> b: IDENTITY t.b

--# set_operation: minus @spark
--: t(a int, b int, c int, d text)
--: u(a int, e int, f text)
CREATE TABLE made AS
SELECT a FROM t MINUS SELECT e FROM u
--> *: GROUP_BY t.a; JOIN t.a u.e
--> a: IDENTITY t.a

--# set_operation: three branches @spark
--: t(a int, b int, c int, d text)
--: u(a int, e int, f text)
--: w(k int, p int, q text)
CREATE TABLE made AS
SELECT a FROM t UNION ALL SELECT e FROM u UNION ALL SELECT k FROM w
--> a: IDENTITY t.a u.e w.k

--# set_operation: filters of each branch @spark
--: t(a int, b int, c int, d text)
--: u(a int, e int, f text)
CREATE TABLE made AS
SELECT a FROM t WHERE b = 1 UNION ALL SELECT e FROM u WHERE f = 'x'
--> *: FILTER t.b u.f
--> a: IDENTITY t.a u.e

--# set_operation: an expression in one branch @spark
--: t(a int, b int, c int, d text)
--: u(a int, e int, f text)
CREATE TABLE made AS
SELECT a FROM t UNION ALL SELECT e + 1 FROM u
--> a: IDENTITY t.a; TRANSFORMATION u.e

--# set_operation: a constant in one branch @spark
--: t(a int, b int, c int, d text)
--: u(a int, e int, f text)
CREATE TABLE made AS
SELECT a, 'here' AS src FROM t UNION ALL SELECT e, f FROM u
--> a: IDENTITY t.a u.e
--> src: IDENTITY u.f

--# set_operation: one table in both branches @spark
--: t(a int, b int, c int, d text)
CREATE TABLE made AS
SELECT a AS n FROM t UNION ALL SELECT b FROM t
--> n: IDENTITY t.a t.b

--# set_operation: a union in parentheses @spark
--: t(a int, b int, c int, d text)
--: u(a int, e int, f text)
CREATE TABLE made AS
(SELECT a FROM t) UNION ALL (SELECT e FROM u)
--> a: IDENTITY t.a u.e

--# set_operation: an order over the whole @spark
--: t(a int, b int, c int, d text)
--: u(a int, e int, f text)
CREATE TABLE made AS
SELECT a, b FROM t UNION ALL SELECT e, a FROM u ORDER BY b
--> *: IDENTITY u.a; SORT t.b
--> a: IDENTITY t.a u.e
--> b: IDENTITY t.b u.a

--# set_operation: a star in both branches @spark
--: v(k int, x int, y int, z text)
--: w(k int, p int, q text)
CREATE TABLE made AS
SELECT * FROM w UNION ALL SELECT x, y, z FROM v
--> k: IDENTITY v.x w.k
--> p: IDENTITY v.y w.p
--> q: IDENTITY v.z w.q

--# set_operation: a union under a filter @spark
--: t(a int, b int, c int, d text)
--: u(a int, e int, f text)
CREATE TABLE made AS
SELECT n FROM (SELECT a AS n, d AS lab FROM t UNION ALL SELECT e, f FROM u) s WHERE lab = 'x'
--> *: FILTER t.d u.f
--> n: IDENTITY t.a u.e

--# set_operation: a union under an aggregate @spark
--: t(a int, b int, c int, d text)
--: u(a int, e int, f text)
CREATE TABLE made AS
SELECT lab, SUM(n) AS total FROM (SELECT a AS n, d AS lab FROM t UNION ALL SELECT e, f FROM u) s GROUP BY lab
--> *: IDENTITY t.d u.f
--> lab: IDENTITY t.d u.f
--> total: IDENTITY t.a u.e

--# set_operation: mixed operations bind from the left @spark
--: t(a int, b int, c int, d text)
--: u(a int, e int, f text)
--: w(k int, p int, q text)
CREATE TABLE made AS
SELECT a FROM t UNION ALL SELECT e FROM u EXCEPT SELECT k FROM w
--> *: GROUP_BY t.a; IDENTITY u.e; JOIN t.a w.k
--> a: IDENTITY t.a u.e

--# set_operation: a join beside a plain branch @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
--: employees(id int, full_name text, manager_id int, department text, salary int, hired_on date)
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT o.id, c.name FROM orders o JOIN customers c ON o.customer_id = c.id UNION ALL SELECT id, full_name FROM employees
--> *: JOIN customers.id orders.customer_id
--> id: IDENTITY employees.id orders.id
--> name: IDENTITY customers.name employees.full_name

--# set_operation: except all keeps duplicates @spark
--: t(a int, b int, c int, d text)
--: u(a int, e int, f text)
CREATE TABLE made AS
SELECT a FROM t EXCEPT ALL SELECT e FROM u
--> *: GROUP_BY t.a; IDENTITY u.e
--> a: IDENTITY t.a u.e

--# set_operation: aggregates in both branches @spark
--: order_items(order_id int, product_id int, quantity int, unit_price int)
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT 'orders' AS src, COUNT(*) AS n, MAX(amount) AS top FROM orders UNION ALL SELECT 'items', COUNT(*), MAX(unit_price) FROM order_items
--> top: AGGREGATION order_items.unit_price orders.amount

--# star: all columns of a table @spark
--: t(a int, b int, c int, d text)
CREATE TABLE made AS
SELECT * FROM t
--> a: IDENTITY t.a
--> b: IDENTITY t.b
--> c: IDENTITY t.c
--> d: IDENTITY t.d

--# star: all columns of one of two tables @spark
--: t(a int, b int, c int, d text)
--: v(k int, x int, y int, z text)
CREATE TABLE made AS
SELECT t.* FROM t JOIN v ON t.a = v.k
--> *: JOIN t.a v.k
--> a: IDENTITY t.a
--> b: IDENTITY t.b
--> c: IDENTITY t.c
--> d: IDENTITY t.d

--# star: all columns of two tables @spark
--: t(a int, b int, c int, d text)
--: v(k int, x int, y int, z text)
CREATE TABLE made AS
SELECT * FROM t JOIN v ON t.a = v.k
--> *: JOIN t.a v.k
--> a: IDENTITY t.a
--> b: IDENTITY t.b
--> c: IDENTITY t.c
--> d: IDENTITY t.d
--> k: IDENTITY v.k
--> x: IDENTITY v.x
--> y: IDENTITY v.y
--> z: IDENTITY v.z

--# star: a star and more @spark
--: v(k int, x int, y int, z text)
CREATE TABLE made AS
SELECT v.*, v.x + v.y AS s FROM v
--> k: IDENTITY v.k
--> s: TRANSFORMATION v.x v.y
--> x: IDENTITY v.x
--> y: IDENTITY v.y
--> z: IDENTITY v.z

--# star: a bare star and more @spark
--: v(k int, x int, y int, z text)
CREATE TABLE made AS
SELECT *, x + y AS s FROM v
--> k: IDENTITY v.k
--> s: TRANSFORMATION v.x v.y
--> x: IDENTITY v.x
--> y: IDENTITY v.y
--> z: IDENTITY v.z

--# star: a star through a derived table @spark
--: t(a int, b int, c int, d text)
CREATE TABLE made AS
SELECT * FROM (SELECT a, b + c AS bc FROM t) s
--> a: IDENTITY t.a
--> bc: TRANSFORMATION t.b t.c

--# star: a star through a common table expression @spark
--: t(a int, b int, c int, d text)
CREATE TABLE made AS
WITH s AS (SELECT * FROM t) SELECT * FROM s
--> a: IDENTITY t.a
--> b: IDENTITY t.b
--> c: IDENTITY t.c
--> d: IDENTITY t.d

--# star: a star through two common table expressions and a join @spark
--: t(a int, b int, c int, d text)
--: v(k int, x int, y int, z text)
CREATE TABLE made AS
WITH l AS (SELECT a, b FROM t), r AS (SELECT k, z FROM v), j AS (SELECT * FROM l JOIN r ON l.a = r.k) SELECT * FROM j
--> *: JOIN t.a v.k
--> a: IDENTITY t.a
--> b: IDENTITY t.b
--> k: IDENTITY v.k
--> z: IDENTITY v.z

--# star: a star of a subquery's alias beside an aggregate @spark
--: v(k int, x int, y int, z text)
CREATE TABLE made AS
SELECT s.k, s.total FROM (SELECT k, SUM(x) AS total FROM v GROUP BY k) s
--> *: GROUP_BY v.k
--> k: IDENTITY v.k
--> total: AGGREGATION v.x

--# star: a star of a set operation @spark
--: t(a int, b int, c int, d text)
--: u(a int, e int, f text)
CREATE TABLE made AS
SELECT * FROM (SELECT a, b FROM t UNION ALL SELECT e, a FROM u) s
--> a: IDENTITY t.a u.e
--> b: IDENTITY t.b u.a

--# star: a star twice @spark
--: t(a int, b int, c int, d text)
--: u(a int, e int, f text)
--: w(k int, p int, q text)
CREATE TABLE made AS
SELECT *  FROM (SELECT l.a, r.e FROM t l JOIN u r ON l.a = r.a) s1, (SELECT k FROM w) s2
--> *: JOIN t.a u.a
--> a: IDENTITY t.a
--> e: IDENTITY u.e
--> k: IDENTITY w.k

--# star: a star over a join that merges a column @spark
--: t(a int, b int, c int, d text)
--: u(a int, e int, f text)
CREATE TABLE made AS
SELECT * FROM t JOIN u USING (a)
--> *: JOIN t.a u.a
--> a: IDENTITY t.a
--> b: IDENTITY t.b
--> c: IDENTITY t.c
--> d: IDENTITY t.d
--> e: IDENTITY u.e
--> f: IDENTITY u.f

--# star: a star over a natural join @spark
--: v(k int, x int, y int, z text)
--: w(k int, p int, q text)
CREATE TABLE made AS
SELECT * FROM v NATURAL JOIN w
--> *: JOIN v.k w.k
--> k: IDENTITY v.k
--> p: IDENTITY w.p
--> q: IDENTITY w.q
--> x: IDENTITY v.x
--> y: IDENTITY v.y
--> z: IDENTITY v.z

--# star: a star over a join that merges the second column first @spark
--: left_side(x int, id int)
--: right_side(y int, id int)
CREATE TABLE made AS
SELECT * FROM left_side JOIN right_side USING (id)
--> *: JOIN left_side.id right_side.id
--> id: IDENTITY left_side.id
--> x: IDENTITY left_side.x
--> y: IDENTITY right_side.y

--# star: a qualified star over a join that merges keeps its own column @spark
--: t(a int, b int, c int, d text)
--: u(a int, e int, f text)
CREATE TABLE made AS
SELECT r.* FROM t l JOIN u r USING (a)
--> *: JOIN t.a u.a
--> a: IDENTITY u.a
--> e: IDENTITY u.e
--> f: IDENTITY u.f

--# subquery: a derived table @spark
--: t(a int, b int, c int, d text)
CREATE TABLE made AS
SELECT s.n FROM (SELECT a + b AS n FROM t) s
--> n: TRANSFORMATION t.a t.b

--# subquery: a derived table with a column list @spark
--: t(a int, b int, c int, d text)
CREATE TABLE made AS
SELECT s.n, s.m FROM (SELECT a, b FROM t) AS s (n, m)
--> m: IDENTITY t.b
--> n: IDENTITY t.a

--# subquery: two levels of derived tables @spark
--: t(a int, b int, c int, d text)
CREATE TABLE made AS
SELECT q.m FROM (SELECT s.n * 2 AS m FROM (SELECT a AS n FROM t WHERE c = 1) s WHERE s.n > 0) q
--> *: FILTER t.a t.c
--> m: IDENTITY t.a

--# subquery: an IN subquery @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT id FROM orders WHERE customer_id IN (SELECT id FROM customers WHERE country = 'DE')
--> *: FILTER customers.country; JOIN customers.id orders.customer_id
--> id: IDENTITY orders.id

--# subquery: NOT IN @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT id FROM orders WHERE customer_id NOT IN (SELECT id FROM customers)
--> *: JOIN customers.id orders.customer_id
--> id: IDENTITY orders.id

--# subquery: IN over a pair @spark
--: t(a int, b int, c int, d text)
--: u(a int, e int, f text)
CREATE TABLE made AS
SELECT a FROM t WHERE (a, b) IN (SELECT a, e FROM u)
--> *: JOIN t.a t.b u.a u.e
--> a: IDENTITY t.a

--# subquery: EXISTS counts the columns compared alone @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT c.name FROM customers c WHERE EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id)
--> *: JOIN customers.id orders.customer_id
--> name: IDENTITY customers.name

--# subquery: what EXISTS selects counts for nothing @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT c.name FROM customers c WHERE EXISTS (SELECT o.amount FROM orders o WHERE o.customer_id = c.id AND o.status = 'paid')
--> *: FILTER orders.status; JOIN customers.id orders.customer_id
--> name: IDENTITY customers.name

--# subquery: NOT EXISTS with a star @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT c.name FROM customers c WHERE NOT EXISTS (SELECT * FROM orders o WHERE o.customer_id = c.id)
--> *: JOIN customers.id orders.customer_id
--> name: IDENTITY customers.name

--# subquery: an inner unqualified name binds to the inner table first @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT name FROM customers WHERE EXISTS (SELECT 1 FROM orders WHERE customer_id = customers.id AND id > 5)
--> *: FILTER orders.id; JOIN customers.id orders.customer_id
--> name: IDENTITY customers.name

--# subquery: an inner unqualified name may be the outer table's @spark
--: order_items(order_id int, product_id int, quantity int, unit_price int)
--: products(id int, title text, category text, price int)
CREATE TABLE made AS
SELECT title FROM products WHERE EXISTS (SELECT 1 FROM order_items WHERE product_id = products.id AND unit_price < price)
--> *: JOIN order_items.product_id order_items.unit_price products.id products.price
--> title: IDENTITY products.title

--# subquery: a comparison with a scalar subquery @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT id FROM orders WHERE amount > (SELECT AVG(amount) FROM orders)
--> *: FILTER orders.amount
--> id: IDENTITY orders.id

--# subquery: a comparison with a correlated scalar subquery @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT o.id FROM orders o WHERE o.amount > (SELECT AVG(i.amount) FROM orders i WHERE i.customer_id = o.customer_id)
--> *: AGGREGATION orders.amount; FILTER orders.amount; GROUP_BY orders.customer_id; JOIN orders.customer_id
--> id: IDENTITY orders.id

--# subquery: a scalar subquery in the select list @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT id, (SELECT MAX(amount) FROM orders) AS top FROM customers
--> id: IDENTITY customers.id

--# subquery: a correlated scalar subquery touches its own column alone @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT c.id, (SELECT SUM(o.amount) FROM orders o WHERE o.customer_id = c.id) AS total FROM customers c
--> *: GROUP_BY orders.customer_id; JOIN customers.id orders.customer_id
--> id: IDENTITY customers.id
--> total: AGGREGATION orders.amount

--# subquery: a correlated count @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT c.id, (SELECT COUNT(*) FROM orders o WHERE o.customer_id = c.id) AS n FROM customers c
--> *: GROUP_BY orders.customer_id; JOIN customers.id orders.customer_id
--> id: IDENTITY customers.id

--# subquery: a scalar subquery inside an expression @spark
--: order_items(order_id int, product_id int, quantity int, unit_price int)
--: products(id int, title text, category text, price int)
CREATE TABLE made AS
SELECT p.id, p.price - (SELECT AVG(i.unit_price) FROM order_items i WHERE i.product_id = p.id) AS above FROM products p
--> *: GROUP_BY order_items.product_id; JOIN order_items.product_id products.id
--> above: AGGREGATION order_items.unit_price; TRANSFORMATION products.price
--> id: IDENTITY products.id

--# subquery: a scalar subquery with a join @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
--: order_items(order_id int, product_id int, quantity int, unit_price int)
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT c.id, (SELECT SUM(i.quantity) FROM orders o JOIN order_items i ON i.order_id = o.id WHERE o.customer_id = c.id) AS n FROM customers c
--> *: GROUP_BY orders.customer_id; JOIN customers.id order_items.order_id orders.customer_id orders.id
--> id: IDENTITY customers.id
--> n: AGGREGATION order_items.quantity

--# subquery: EXISTS as a value @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT c.id, EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id) AS bought FROM customers c
--> *: JOIN customers.id orders.customer_id
--> id: IDENTITY customers.id

--# subquery: EXISTS as the condition of a case @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT c.id, CASE WHEN EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id) THEN c.segment ELSE 'none' END AS s FROM customers c
--> *: JOIN customers.id orders.customer_id
--> id: IDENTITY customers.id
--> s: IDENTITY customers.segment

--# subquery: IN as the condition of a case @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT o.id, CASE WHEN o.customer_id IN (SELECT id FROM customers WHERE segment = 'vip') THEN 1 ELSE 0 END AS vip FROM orders o
--> *: FILTER customers.segment; JOIN customers.id orders.customer_id
--> id: IDENTITY orders.id

--# subquery: a subquery in the ON clause @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
--: products(id int, title text, category text, price int)
CREATE TABLE made AS
SELECT o.id, c.name FROM orders o JOIN customers c ON c.id = o.customer_id AND o.amount > (SELECT AVG(price) FROM products)
--> *: JOIN customers.id orders.amount orders.customer_id
--> id: IDENTITY orders.id
--> name: IDENTITY customers.name

--# subquery: a subquery in HAVING @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
--: products(id int, title text, category text, price int)
CREATE TABLE made AS
SELECT customer_id, SUM(amount) AS total FROM orders GROUP BY customer_id HAVING SUM(amount) > (SELECT AVG(price) FROM products)
--> *: AGGREGATION orders.amount; GROUP_BY orders.customer_id
--> customer_id: IDENTITY orders.customer_id
--> total: AGGREGATION orders.amount

--# subquery: a subquery two levels deep in the where clause @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
--: order_items(order_id int, product_id int, quantity int, unit_price int)
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT c.name FROM customers c WHERE c.id IN (SELECT o.customer_id FROM orders o WHERE o.id IN (SELECT i.order_id FROM order_items i WHERE i.product_id = 7))
--> *: FILTER order_items.product_id; JOIN customers.id order_items.order_id orders.customer_id orders.id
--> name: IDENTITY customers.name

--# subquery: a join within IN is part of the filter @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
--: order_items(order_id int, product_id int, quantity int, unit_price int)
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT c.name FROM customers c WHERE c.id IN (SELECT o.customer_id FROM orders o JOIN order_items i ON i.order_id = o.id)
--> *: JOIN customers.id order_items.order_id orders.customer_id orders.id
--> name: IDENTITY customers.name

--# subquery: an IN over a set operation @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
--: t(a int, b int, c int, d text)
--: u(a int, e int, f text)
CREATE TABLE made AS
SELECT id FROM customers WHERE id IN (SELECT a FROM t UNION ALL SELECT e FROM u)
--> *: IDENTITY u.e; JOIN customers.id t.a
--> id: IDENTITY customers.id

--# subquery: a derived column used in the outer filter @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT s.id FROM (SELECT id, amount - discount AS net FROM orders) s WHERE s.net > 0
--> *: FILTER orders.amount orders.discount
--> id: IDENTITY orders.id

--# subquery: an outer alias and an inner table of one name @spark
--: order_items(order_id int, product_id int, quantity int, unit_price int)
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT o.id FROM orders o WHERE EXISTS (SELECT 1 FROM order_items o WHERE o.quantity > 3)
--> id: IDENTITY orders.id

--# syntax: comments of every kind @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT id, -- the key, from orders
  /* amount, */ discount /* not amount */
FROM orders -- WHERE status = 'x'
--> discount: IDENTITY orders.discount
--> id: IDENTITY orders.id

--# syntax: a comment with a quote in it @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT id -- it's the key
FROM orders
--> id: IDENTITY orders.id

--# syntax: a hint of Spark @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT /*+ BROADCAST(c) */ o.id, c.name FROM orders o JOIN customers c ON o.customer_id = c.id
--> *: JOIN customers.id orders.customer_id
--> id: IDENTITY orders.id
--> name: IDENTITY customers.name

--# syntax: a trailing semicolon @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT id FROM orders
--> id: IDENTITY orders.id

--# syntax: keywords in lower case @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
select id, sum(amount) as s from orders group by id having sum(amount) > 1 order by s
--> *: AGGREGATION orders.amount; GROUP_BY orders.id
--> id: IDENTITY orders.id
--> s: AGGREGATION orders.amount

--# syntax: a text that looks like a query @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT id, 'SELECT amount FROM orders' AS q FROM orders
--> id: IDENTITY orders.id

--# syntax: sort by and distribute by @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT id FROM orders DISTRIBUTE BY status SORT BY amount
--> *: SORT orders.amount
--> id: IDENTITY orders.id

--# syntax: cluster by @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT id FROM orders CLUSTER BY customer_id
--> *: SORT orders.customer_id
--> id: IDENTITY orders.id

--# syntax: double negation and odd spacing @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT	id,
- - amount   AS   x
FROM
  orders
--> id: IDENTITY orders.id
--> x: TRANSFORMATION orders.amount

--# table_function: a split exploded @spark
--: customers(id int, name text, email text, country text, segment text, created_at timestamp)
--: w(k int, p int, q text)
CREATE TABLE made AS
SELECT id, w FROM customers LATERAL VIEW EXPLODE(SPLIT(name, ' ')) x AS w
--> id: IDENTITY customers.id
--> w: TRANSFORMATION customers.name

--# window: a row number has no source but its keys @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT id, ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY ordered_at DESC) AS rn FROM orders
--> id: IDENTITY orders.id
--> rn: WINDOW orders.customer_id orders.ordered_at

--# window: ranks @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT id, RANK() OVER (ORDER BY amount) AS r, DENSE_RANK() OVER (PARTITION BY status ORDER BY amount) AS dr FROM orders
--> dr: WINDOW orders.amount orders.status
--> id: IDENTITY orders.id
--> r: WINDOW orders.amount

--# window: a running sum @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT id, SUM(amount) OVER (PARTITION BY customer_id ORDER BY ordered_at) AS running FROM orders
--> id: IDENTITY orders.id
--> running: AGGREGATION orders.amount; WINDOW orders.customer_id orders.ordered_at

--# window: a running sum over a frame @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT AVG(amount) OVER (ORDER BY ordered_at ROWS BETWEEN 6 PRECEDING AND CURRENT ROW) AS weekly FROM orders
--> weekly: AGGREGATION orders.amount; WINDOW orders.ordered_at

--# window: a sum over everything @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT amount, SUM(amount) OVER () AS total FROM orders
--> amount: IDENTITY orders.amount
--> total: AGGREGATION orders.amount

--# window: a share of the whole @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT id, amount * 100.0 / SUM(amount) OVER (PARTITION BY status) AS share FROM orders
--> id: IDENTITY orders.id
--> share: AGGREGATION orders.amount; TRANSFORMATION orders.amount; WINDOW orders.status

--# window: the value of the row before @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT id, LAG(amount) OVER (PARTITION BY customer_id ORDER BY ordered_at) AS before FROM orders
--> before: TRANSFORMATION orders.amount; WINDOW orders.customer_id orders.ordered_at
--> id: IDENTITY orders.id

--# window: the value of a later row with a default @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT LEAD(amount, 1, discount) OVER (ORDER BY id) AS after FROM orders
--> after: TRANSFORMATION orders.amount orders.discount; WINDOW orders.id

--# window: first and last values @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT FIRST_VALUE(status) OVER (PARTITION BY customer_id ORDER BY ordered_at) AS f, LAST_VALUE(status) OVER (PARTITION BY customer_id ORDER BY ordered_at ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS l FROM orders
--> f: AGGREGATION orders.status; WINDOW orders.customer_id orders.ordered_at
--> l: AGGREGATION orders.status; WINDOW orders.customer_id orders.ordered_at

--# window: quartiles @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT id, NTILE(4) OVER (ORDER BY amount) AS quartile FROM orders
--> id: IDENTITY orders.id
--> quartile: WINDOW orders.amount

--# window: a count over a window masks @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT id, COUNT(status) OVER (PARTITION BY customer_id) AS n FROM orders
--> id: IDENTITY orders.id
--> n: AGGREGATION orders.status masked; WINDOW orders.customer_id

--# window: a count of rows over a window @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT id, COUNT(*) OVER (PARTITION BY customer_id) AS n FROM orders
--> id: IDENTITY orders.id
--> n: WINDOW orders.customer_id

--# window: a named window @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
--: w(k int, p int, q text)
CREATE TABLE made AS
SELECT id, SUM(amount) OVER w AS s, RANK() OVER w AS r FROM orders WINDOW w AS (PARTITION BY customer_id ORDER BY ordered_at)
--> id: IDENTITY orders.id
--> r: WINDOW orders.customer_id orders.ordered_at
--> s: AGGREGATION orders.amount; WINDOW orders.customer_id orders.ordered_at

--# window: a partition by an expression @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT id, SUM(amount) OVER (PARTITION BY EXTRACT(YEAR FROM ordered_at), LOWER(status)) AS s FROM orders
--> id: IDENTITY orders.id
--> s: AGGREGATION orders.amount; TRANSFORMATION orders.ordered_at orders.status

--# window: the newest row of each kept by an outer filter @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT id, status FROM (SELECT id, status, ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY ordered_at DESC) AS rn FROM orders) s WHERE rn = 1
--> *: WINDOW orders.customer_id orders.ordered_at
--> id: IDENTITY orders.id
--> status: IDENTITY orders.status

--# window: the row number kept beside the filter @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT * FROM (SELECT id, ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY ordered_at DESC) AS rn FROM orders) s WHERE rn <= 3
--> *: WINDOW orders.customer_id orders.ordered_at
--> id: IDENTITY orders.id
--> rn: WINDOW orders.customer_id orders.ordered_at

--# window: a window over a grouped result @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT status, SUM(amount) AS s, RANK() OVER (ORDER BY SUM(amount) DESC) AS r FROM orders GROUP BY status
--> *: GROUP_BY orders.status
--> r: AGGREGATION orders.amount
--> s: AGGREGATION orders.amount
--> status: IDENTITY orders.status

--# window: a sum over a sum @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT status, SUM(SUM(amount)) OVER (ORDER BY status) AS cum FROM orders GROUP BY status
--> *: GROUP_BY orders.status
--> cum: AGGREGATION orders.amount; WINDOW orders.status
--> status: IDENTITY orders.status

--# window: an output built on a window of a subquery @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT id, amount - before AS change FROM (SELECT id, amount, LAG(amount) OVER (PARTITION BY customer_id ORDER BY ordered_at) AS before FROM orders) s
--> change: TRANSFORMATION orders.amount; WINDOW orders.customer_id orders.ordered_at
--> id: IDENTITY orders.id

--# window: sessions by a gap @spark
--: visits(user_id int, session_id text, event text, url text, seen_at timestamp)
CREATE TABLE made AS
WITH marked AS (SELECT user_id, seen_at, CASE WHEN LAG(seen_at) OVER (PARTITION BY user_id ORDER BY seen_at) IS NULL THEN 1 ELSE 0 END AS starts FROM visits) SELECT user_id, SUM(starts) OVER (PARTITION BY user_id ORDER BY seen_at) AS session_no FROM marked
--> session_no: TRANSFORMATION visits.seen_at; WINDOW visits.seen_at visits.user_id
--> user_id: IDENTITY visits.user_id

--# window: a window within a case @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT id, CASE WHEN ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY ordered_at) = 1 THEN amount ELSE 0 END AS first_amount FROM orders
--> first_amount: IDENTITY orders.amount; WINDOW orders.customer_id orders.ordered_at
--> id: IDENTITY orders.id

--# window: distribution functions @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT id, PERCENT_RANK() OVER (ORDER BY amount) AS pr, CUME_DIST() OVER (PARTITION BY status ORDER BY amount) AS cd FROM orders
--> cd: WINDOW orders.amount orders.status
--> id: IDENTITY orders.id
--> pr: WINDOW orders.amount

--# window: a ratio of windows @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT id, SUM(amount) OVER (PARTITION BY customer_id) / COUNT(*) OVER (PARTITION BY status) AS r FROM orders
--> id: IDENTITY orders.id
--> r: AGGREGATION orders.amount; WINDOW orders.customer_id orders.status

--# window: rows deduplicated before an aggregate @spark
--: orders(id int, customer_id int, status text, amount int, discount int, ordered_at timestamp)
CREATE TABLE made AS
SELECT status, SUM(amount) AS s FROM (SELECT status, amount, ROW_NUMBER() OVER (PARTITION BY id ORDER BY ordered_at DESC) AS rn FROM orders) x WHERE rn = 1 GROUP BY status
--> *: GROUP_BY orders.status; WINDOW orders.id orders.ordered_at
--> s: AGGREGATION orders.amount
--> status: IDENTITY orders.status
