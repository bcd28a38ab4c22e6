"""What can be set of the server; settings.py reads it."""

from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from prompt_improver.setting_values import Hosts, LogLevel, Origins, Secret


class ServerSettings(BaseSettings):
    """The server, its log, and the door for agents."""

    model_config = SettingsConfigDict(
        env_file=".env", env_file_encoding="utf-8", extra="ignore", frozen=True
    )

    api_host: str = Field("127.0.0.1", min_length=1, description="Address to listen on.")
    api_port: int = Field(8000, ge=0, le=65535, description="Port; 0 picks a free one.")
    api_key: Secret = Field(
        SecretStr(""),
        description="Key that clients send as Authorization: Bearer. If other machines can "
        "connect, it needs 16 characters or more.",
    )
    allow_no_api_key: bool = Field(
        False, description="true: other machines may use the API without a key."
    )
    allowed_hosts: Hosts = Field(
        ("localhost", "127.0.0.1", "[::1]"),
        description="Host names that clients may use, comma-separated.",
    )
    cors_origins: Origins = Field(
        (), description="Origins whose pages may call the API, comma-separated."
    )
    max_concurrent_improvements: int = Field(
        64, ge=1, le=10_000, description="Maximum number of concurrent improvements by a model."
    )
    log_level: LogLevel = Field(LogLevel.INFO, description="DEBUG, INFO, WARNING or ERROR.")
    log_format: Literal["text", "json"] = Field(
        "text", description="text, or json: one JSON object per line."
    )
    mcp_enabled: bool = Field(
        False, description="true: serve MCP at /mcp, with the same key, hosts and origins."
    )
    mcp_history: bool = Field(
        True, description="false: agents cannot search, read or rate the history."
    )
