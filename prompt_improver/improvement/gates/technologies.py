"""Names of technologies in lower case, and names that any prompt may have."""

TECHNOLOGIES = frozenset(
    """
    airflow alpine angular ansible apache argon2 asyncio aws axios azure bash bcrypt bootstrap
    clickhouse cloudflare dbt debian deno django docker drizzle duckdb
    elasticsearch eslint fastapi fastify figma firebase gcp
    github gitlab grafana graphql gradle grpc gunicorn heroku httpx huggingface
    javascript jenkins jest jquery junit jwt kafka keras kotlin kubernetes langchain
    laravel linux lodash magento mariadb material-ui matplotlib maven memcached mongodb
    mongoose mui mypy mysql nestjs netlify next.js nextjs nginx node.js nodejs npm numpy
    nuxt oauth oauth2 ollama openai openapi oracle pandas pgvector php playwright pnpm polars
    postgres postgresql powershell prettier prometheus puppeteer pydantic pylint
    pytest python pytorch rabbitmq react redis redux ruff s3
    scikit-learn seaborn sinatra spacy sqlalchemy
    sqlite supabase swagger swiftui tailwind tensorflow terraform
    testcontainers twilio typeorm typescript ubuntu unittest vercel vitest vue webpack
    whatsapp wordpress yup zod zustand
    """.split()
)
"""A part of what there is: what people name most in prompts about software."""

COMMON_NAMES = frozenset(
    """
    api apis ascii cli csv css faq html http https id ids json kpi kpis markdown ok pdf sql svg tsv
    ui uri url urls utf ux xml yaml ai llm ci cd pr prs os qa rfc iso utc usd eur todo readme ascii
    english spanish german french italian portuguese chinese japanese korean russian arabic greek
    hebrew thai dutch european american british latin cause title subject step steps part section
    example examples note notes table day week month quarter phase level option get post put patch
    delete docstring docstrings dos swot pros cons unicode latex mermaid excel word powerpoint
    internet google god
    """.split()
)
"""Forms, languages and labels: naming them assumes nothing."""
