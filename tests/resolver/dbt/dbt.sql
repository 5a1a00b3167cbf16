--# a staging model
--: raw.shop_orders(id int, user_id int, order_date date, status text)
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
--> order_id: raw.shop_orders.id
--> customer_id: raw.shop_orders.user_id
--> order_date: raw.shop_orders.order_date
--> status: raw.shop_orders.status

--# a staging model over an unknown source still names its columns
with source as (select * from raw.unseen), renamed as (select id as order_id, user_id as customer_id from source) select * from renamed
--> order_id: raw.unseen.id
--> customer_id: raw.unseen.user_id

--# an incremental model @postgres snowflake redshift duckdb
--: marts.fct_orders(order_id int, ordered_at timestamp, net int)
insert into marts.fct_orders (order_id, ordered_at, net) (select id, ordered_at, amount - discount from orders where ordered_at > (select max(ordered_at) from marts.fct_orders))
--> into marts.fct_orders
--> order_id: orders.id
--> ordered_at: orders.ordered_at
--> net: TRANSFORMATION orders.amount orders.discount
--> *: FILTER orders.ordered_at marts.fct_orders.ordered_at

--# a merge made by the tool @snowflake databricks bigquery
--: marts.dim(order_id int, net int)
merge into marts.dim as DBT_INTERNAL_DEST using (select id as order_id, amount as net from orders) as DBT_INTERNAL_SOURCE on (DBT_INTERNAL_SOURCE.order_id = DBT_INTERNAL_DEST.order_id) when matched then update set order_id = DBT_INTERNAL_SOURCE.order_id, net = DBT_INTERNAL_SOURCE.net when not matched then insert (order_id, net) values (order_id, net)
--> into marts.dim
--> order_id: orders.id
--> net: orders.amount
--> *: JOIN orders.id marts.dim.order_id

--# delete and insert @postgres redshift snowflake duckdb
--: marts.dim(order_id int, net int)
delete from marts.dim where (order_id) in (select id from orders);
insert into marts.dim (order_id, net) (select id, amount from orders)
--> into marts.dim
--> order_id: orders.id
--> net: orders.amount
--> *: FILTER marts.dim.order_id orders.id

--# a date spine of recursive numbers @ansi postgres snowflake duckdb
with p as (select 0 as g union all select 1), n as (select p0.g + p1.g * 2 + 1 as g from p as p0 cross join p as p1) select g from n where g <= 3 order by g
--> g:

--# a union of relations @postgres snowflake duckdb redshift bigquery
--: web_leads(email text, name text)
--: shop_leads(email text, country text)
(select cast('web_leads' as varchar(20)) as _source, email, name, cast(null as varchar(5)) as country from web_leads) union all (select cast('shop_leads' as varchar(20)) as _source, email, cast(null as varchar(5)) as name, country from shop_leads)
--! not executed: BigQuery calls the type STRING
--> _source:
--> email: web_leads.email shop_leads.email
--> name: web_leads.name
--> country: shop_leads.country

--# a deduplication by macro @postgres duckdb snowflake redshift
with row_numbered as (select _inner.*, row_number() over (partition by id order by ordered_at desc) as rn from orders as _inner) select distinct data.id, data.amount from orders as data join row_numbered on row_numbered.id = data.id and row_numbered.rn = 1
--> id: orders.id
--> amount: orders.amount
--> *: JOIN orders.id orders.ordered_at; GROUP_BY orders.id orders.amount

--# a star that leaves columns out by listing the rest @postgres snowflake redshift duckdb
select "orders".id, "orders".amount from orders as "orders"
--! not executed: Snowflake would fold one of the names
--> id: orders.id
--> amount: orders.amount

--# a pivot by macro
select customer_id, sum(case when status = 'paid' then 1 else 0 end) as paid, sum(case when status = 'open' then 1 else 0 end) as open_n from orders group by customer_id
--> customer_id: orders.customer_id
--> paid: CONDITIONAL orders.status
--> open_n: CONDITIONAL orders.status
--> *: GROUP_BY orders.customer_id

--# a snapshot's new rows @postgres snowflake
--: snap.orders_snapshot(id int, status text, dbt_valid_to timestamp, dbt_scd_id text)
insert into snap.orders_snapshot (id, status, dbt_scd_id) select s.id, s.status, md5(coalesce(cast(s.id as varchar), '')) from orders s left join snap.orders_snapshot d on d.id = s.id where d.id is null or d.status <> s.status
--> into snap.orders_snapshot
--> id: orders.id
--> status: orders.status
--> dbt_scd_id: TRANSFORMATION masked orders.id; CONDITIONAL orders.id
--> *: JOIN snap.orders_snapshot.id orders.id; FILTER snap.orders_snapshot.id snap.orders_snapshot.status orders.status

--# a mart of customers with their lifetime value
with o as (select * from orders), c as (select * from customers), per_customer as (select customer_id, min(ordered_at) as first_order, max(ordered_at) as last_order, count(id) as n, sum(amount - discount) as value from o where status <> 'void' group by customer_id), final as (select c.id as customer_id, c.name, per_customer.first_order, coalesce(per_customer.n, 0) as n, per_customer.value, case when per_customer.value > 1000 then 'gold' when c.segment = 'b2b' then 'partner' else 'basic' end as tier from c left join per_customer on c.id = per_customer.customer_id) select * from final
--> customer_id: customers.id
--> name: customers.name
--> first_order: AGGREGATION orders.ordered_at
--> n: AGGREGATION masked orders.id; CONDITIONAL orders.id
--> value: AGGREGATION orders.amount orders.discount
--> tier: CONDITIONAL orders.amount orders.discount customers.segment
--> *: FILTER orders.status; GROUP_BY orders.customer_id; JOIN customers.id orders.customer_id

--# funnel steps
with steps as (select user_id, min(case when event = 'view' then seen_at end) as viewed_at, min(case when event = 'buy' then seen_at end) as bought_at from visits group by user_id) select count(viewed_at) as viewers, count(case when bought_at > viewed_at then 1 end) as buyers from steps
--> viewers: AGGREGATION masked visits.seen_at; CONDITIONAL visits.event
--> buyers: CONDITIONAL visits.seen_at visits.event
--> *: GROUP_BY visits.user_id

--# retention by cohort @postgres snowflake redshift duckdb trino databricks
with firsts as (select customer_id, date_trunc('month', min(ordered_at)) as cohort from orders group by customer_id) select f.cohort, date_trunc('month', o.ordered_at) as month, count(distinct o.customer_id) as active from orders o join firsts f on f.customer_id = o.customer_id group by f.cohort, date_trunc('month', o.ordered_at)
--> cohort: AGGREGATION orders.ordered_at
--> month: TRANSFORMATION orders.ordered_at
--> active: AGGREGATION masked orders.customer_id
--> *: JOIN orders.customer_id; GROUP_BY orders.customer_id orders.ordered_at
