{{ config(materialized='ephemeral') }}

select
    o.order_id,
    o.customer_id,
    o.placed_at,
    p.amount
from {{ ref('stg_orders') }} as o
join {{ ref('stg_payments') }} as p using (order_id)
where o.status <> 'returned'
