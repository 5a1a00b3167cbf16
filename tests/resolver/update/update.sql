--: tgt(id int, amount int, status text, seen int)
--: src(id int, amount int, status text, extra int)
--% unique=tgt.id,src.id,orders.id,order_items.order_id,customers.segment

--# a constant
UPDATE tgt SET status = 'done' WHERE id = 4
--> into tgt
--> status:
--> *: FILTER tgt.id

--# a column's own value takes part
UPDATE tgt SET seen = seen + 1, amount = amount - seen
--> into tgt
--> seen: TRANSFORMATION tgt.seen
--> amount: TRANSFORMATION tgt.amount tgt.seen

--# another column of the same row
UPDATE tgt SET seen = amount WHERE status = 'x'
--> into tgt
--> seen: tgt.amount
--> *: FILTER tgt.status

--# from another table @postgres redshift snowflake tsql duckdb
UPDATE tgt SET amount = src.amount FROM src WHERE tgt.id = src.id
--> into tgt
--> amount: src.amount
--> *: FILTER tgt.id src.id

--# from another table with an expression @postgres redshift snowflake tsql duckdb bigquery
UPDATE tgt SET amount = tgt.amount + s.extra, status = s.status FROM src AS s WHERE tgt.id = s.id AND s.extra > 0
--> into tgt
--> amount: TRANSFORMATION tgt.amount src.extra
--> status: src.status
--> *: FILTER tgt.id src.id src.extra

--# from a subquery @postgres redshift snowflake duckdb
UPDATE tgt SET amount = s.total FROM (SELECT customer_id, SUM(amount) AS total FROM orders GROUP BY customer_id) AS s WHERE tgt.id = s.customer_id
--> into tgt
--> amount: AGGREGATION orders.amount
--> *: FILTER tgt.id orders.customer_id; GROUP_BY orders.customer_id

--# from a join of two tables @postgres redshift snowflake duckdb
UPDATE tgt SET amount = i.quantity FROM orders o JOIN order_items i ON i.order_id = o.id WHERE tgt.id = o.id
--> into tgt
--> amount: order_items.quantity
--> *: JOIN order_items.order_id orders.id; FILTER tgt.id orders.id

--# through an alias in the from clause @tsql
UPDATE t1 SET t1.amount = s1.amount FROM tgt AS t1 INNER JOIN src AS s1 ON t1.id = s1.id WHERE s1.extra = 1
--> into tgt
--> amount: src.amount
--> *: JOIN tgt.id src.id; FILTER src.extra

--# a join before SET @mysql
UPDATE tgt AS t1 JOIN src AS s1 ON t1.id = s1.id SET t1.amount = s1.amount + t1.seen WHERE s1.extra = 1
--> into tgt
--> amount: TRANSFORMATION src.amount tgt.seen
--> *: JOIN tgt.id src.id; FILTER src.extra

--# tables by commas @mysql
UPDATE tgt, src SET tgt.amount = src.amount WHERE tgt.id = src.id
--> into tgt
--> amount: src.amount
--> *: FILTER tgt.id src.id

--# a scalar subquery
UPDATE tgt SET amount = (SELECT MAX(price) FROM products)
--> into tgt
--> amount: AGGREGATION products.price

--# a correlated scalar subquery
UPDATE tgt SET amount = (SELECT SUM(o.amount) FROM orders o WHERE o.customer_id = tgt.id) WHERE tgt.status = 'open'
--> into tgt
--> amount: AGGREGATION orders.amount; FILTER orders.customer_id tgt.id
--> *: FILTER tgt.status

--# two columns from one subquery @postgres oracle
UPDATE tgt SET (amount, status) = (SELECT s.amount, UPPER(s.status) FROM src s WHERE s.id = tgt.id)
--> into tgt
--> amount: src.amount; FILTER src.id tgt.id
--> status: TRANSFORMATION src.status; FILTER src.id tgt.id

--# two columns from a row @postgres
UPDATE tgt SET (amount, seen) = (seen, amount)
--> into tgt
--> amount: tgt.seen
--> seen: tgt.amount

--# a case
UPDATE tgt SET status = CASE WHEN amount > 10 THEN 'large' ELSE status END
--> into tgt
--> status: tgt.status; CONDITIONAL tgt.amount

--# a filter by subquery
UPDATE tgt SET seen = 1 WHERE id IN (SELECT id FROM src WHERE extra > 3)
--> into tgt
--> seen:
--> *: FILTER tgt.id src.id src.extra

--# a common table expression before it @postgres tsql duckdb
WITH s AS (SELECT id, amount * 2 AS twice FROM src) UPDATE tgt SET amount = s.twice FROM s WHERE s.id = tgt.id
--> into tgt
--> amount: TRANSFORMATION src.amount
--> *: FILTER src.id tgt.id

--# returning @postgres duckdb
UPDATE tgt SET seen = seen + 1 WHERE id = 3 RETURNING id
--> into tgt
--> seen: TRANSFORMATION tgt.seen
--> *: FILTER tgt.id

--# a member of a struct @bigquery
--: nest(id int, info struct(a int), info.a int)
UPDATE nest SET info.a = id WHERE TRUE
--> into nest
--> info.a: nest.id

--# a table of unknown schema
UPDATE somewhere SET v1 = v2 + 1 WHERE v3 = 2
--> into somewhere
--> v1: TRANSFORMATION somewhere.v2~sole_candidate
--> *: FILTER somewhere.v3~sole_candidate

--# ordered and limited @mysql
UPDATE tgt SET seen = 1 WHERE status = 'x' ORDER BY amount LIMIT 5
--> into tgt
--> seen:
--> *: FILTER tgt.status; SORT tgt.amount

--# a lookup of a key @postgres snowflake duckdb
--! not executed: which of several matching rows wins is not defined
UPDATE orders SET customer_id = c.id FROM customers c WHERE LOWER(orders.status) = LOWER(c.segment)
--> into orders
--> customer_id: customers.id
--> *: FILTER orders.status customers.segment

--# alter table update @clickhouse
ALTER TABLE tgt UPDATE amount = seen + 1 WHERE status = 'x'
--> into tgt
--> amount: TRANSFORMATION tgt.seen
--> *: FILTER tgt.status

--# coalesce with the old value @postgres snowflake duckdb redshift
UPDATE tgt SET status = COALESCE(s.status, tgt.status) FROM src s WHERE s.id = tgt.id
--> into tgt
--> status: src.status tgt.status; CONDITIONAL src.status tgt.status
--> *: FILTER src.id tgt.id
