--# one table without a schema
--: none
SELECT id, x.amount FROM raw_orders x
--> id: raw_orders.id~sole_candidate
--> amount: raw_orders.amount~qualified

--# qualified columns of two unknown tables
--: none
SELECT o.id, c.name FROM raw_orders o JOIN raw_customers c ON o.customer_id = c.id
--> id: raw_orders.id~qualified
--> name: raw_customers.name~qualified
--> *: JOIN raw_orders.customer_id~qualified raw_customers.id~qualified

--# an unqualified column over two unknown tables
--: none
SELECT o.id, name FROM raw_orders o JOIN raw_customers c ON o.customer_id = c.id
--> id: raw_orders.id~qualified
--> name: raw_orders.name~guessed raw_customers.name~guessed
--> *: JOIN raw_orders.customer_id raw_customers.id
--> name!: ambiguous_column

--# an unqualified column that only the unknown table can have
SELECT id, amount, nickname FROM orders JOIN raw_people p ON p.pid = orders.id
--> id: orders.id
--> amount: orders.amount
--> nickname: raw_people.nickname~sole_candidate
--> *: JOIN raw_people.pid~qualified orders.id

--# a column that no table has
SELECT id, missing FROM orders
--> id: orders.id
--> missing:
--> missing!: unknown_column

--# a qualified column that its table does not have
SELECT o.id, o.missing + 1 AS m FROM orders o
--> id: orders.id
--> m:
--> m!: unknown_column

--# an unknown column does not cost the others of its expression
SELECT amount + missing AS m FROM orders
--> m: TRANSFORMATION orders.amount
--> m!: unknown_column

--# an unknown column in a filter
SELECT id FROM orders WHERE missing = 1 AND status = 'x'
--> id: orders.id
--> *: FILTER orders.status
--> !: unknown_column

--# a column that two known tables have
SELECT id FROM orders JOIN customers ON orders.customer_id = customers.id
--> id: orders.id~guessed customers.id~guessed
--> *: JOIN orders.customer_id customers.id
--> id!: ambiguous_column

--# a table that nobody joined
SELECT z.id FROM orders o
--> id:
--> id!: unknown_column

--# an empty text @duckdb
--! not executed: there is nothing to run
--   just a comment

--# a statement that is no SQL @duckdb
--! not executed: no SQL
hello world, this is no statement (
--> !: parse_error
