--# identifier literal @snowflake databricks
SELECT id FROM IDENTIFIER('orders')
--> id: orders.id

--# table literal @snowflake
SELECT id FROM TABLE('orders')
--> id: orders.id
