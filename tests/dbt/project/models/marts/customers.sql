with customers as (
    select * from {{ ref('stg_customers') }}
),

paid as (
    select * from {{ ref('paid_orders') }}
),

totals as (
    select
        customer_id,
        sum(amount) as lifetime_value,
        max(placed_at) as last_order_at
    from paid
    group by customer_id
)

select
    customers.*,
    countries.country,
    totals.lifetime_value,
    totals.last_order_at
from customers
left join totals using (customer_id)
left join {{ ref('countries') }} as countries on countries.code = customers.country_code
