"""nginx's configuration, written from the serving table."""

import os
import pwd
from pathlib import Path

from api.config import Config
from api.launcher import serving_table as table

TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


def write_nginx_conf(config: Config, run: Path) -> Path:
    """Write `nginx.conf`, and the page for a site that has no release yet, into `run`; return the former."""
    (run / "starting.html").write_text(table.STARTING, encoding="utf-8")
    for name in TEMPORARY:
        (run / "nginx" / name).mkdir(parents=True, exist_ok=True)
    file = run / "nginx.conf"
    file.write_text(nginx_conf(config, run), encoding="utf-8")
    return file


def nginx_conf(config: Config, run: Path) -> str:
    current, gone = config.build / "current", config.build / "gone"
    return f"""# Made by api/launcher/nginx_conf.py at every start; changes made here are lost.
{_user()}daemon off;
worker_processes 2;
pid {_quoted(run / "nginx.pid")};
error_log stderr warn;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  server_tokens off;
  absolute_redirect off;
  sendfile on;
  tcp_nopush on;
  keepalive_timeout 65;
  client_header_timeout 10s;
  client_body_timeout 10s;
  large_client_header_buffers 4 16k;
  client_max_body_size {table.API_BODY_BYTES};
  client_body_buffer_size {table.API_BODY_BYTES};
{_temporary_paths(run)}
  charset utf-8;
  charset_types {" ".join(kind for kind in table.TEXT_TYPES if kind != "text/html")};
  types {{
{_types()}
  }}
  default_type application/octet-stream;
  gzip_static on;
  gzip_vary on;
  gzip on;
  gzip_types {" ".join(table.PACKED_TYPES)};
{_real_address(config)}
  map $http_accept $api_away {{
    default @api_away;
    "~text/html" /{table.ERROR_PAGES[503]};
  }}
  upstream api {{
    server {_quoted(f"unix:{run}/api.sock")};
    keepalive 8;
  }}

  server {{
    listen {_address(config)};
    root {_quoted(current)};
    index index.html;
{_headers(config, "    ")}
    error_page 403 404 =404 /404.html;
    error_page 410 /410.html;
    error_page 503 @busy;
{_redirects()}
    location {table.API} {{
{_proxy()}
    }}
    location = {table.NEW_UPLOAD} {{
      client_max_body_size {table.UPLOAD_BODY_BYTES};
      client_body_buffer_size 128k;
{_proxy()}
    }}
{_uploads(config)}
    location @api_away {{
{_headers(config, "      ")}
      add_header Cache-Control {_quoted(table.ERROR_CACHE)} always;
      add_header Retry-After {table.RETRY_SECONDS} always;
      default_type application/json;
      return 503 {_quoted(table.API_AWAY)};
    }}
    location @api_too_large {{
{_headers(config, "      ")}
      default_type application/json;
      return 413 {_quoted(table.API_TOO_LARGE)};
    }}

    location {table.ASSETS} {{
{_headers(config, "      ")}
      add_header Cache-Control {_quoted(table.ASSET_CACHE)};
      alias {_quoted(f"{config.build}/assets/")};
      location ~ {_quoted(table.HIDDEN)} {{ return 404; }}
    }}
    location ~ {_quoted(table.HIDDEN)} {{ return 404; }}
    location ~ {_quoted(table.RULE_FEED)} {{
      if (-e {_quoted(f"{gone}/$slug")}) {{ return 410; }}
      if (!-e {_quoted(config.build / table.READY)}) {{ return 503; }}
      if (!-e {_quoted(f"{current}/{table.WHOLE}")}) {{ return 503; }}
{_page(config)}
      types {{ {table.FEED_TYPE} xml; }}
    }}
    location ~ {_quoted(table.TOMBSTONE)} {{
      if (-e {_quoted(f"{gone}/$slug")}) {{ return 410; }}
      if (-e {_quoted(f"{gone}/$slug.$part.$number")}) {{ return 410; }}
      if (!-e {_quoted(config.build / table.READY)}) {{ return 503; }}
      if (!-e {_quoted(f"{current}/{table.WHOLE}")}) {{ return 503; }}
{_page(config)}
    }}
    location / {{
      if (!-e {_quoted(f"{current}/{table.WHOLE}")}) {{ return 503; }}
{_page(config)}
    }}
    location ~ /feed\\.xml$ {{
      if (!-e {_quoted(f"{current}/{table.WHOLE}")}) {{ return 503; }}
{_page(config)}
      types {{ {table.FEED_TYPE} xml; }}
    }}

    location = /{table.ERROR_PAGES[503]} {{
      internal;
{_headers(config, "      ")}
      add_header Cache-Control {_quoted(table.ERROR_CACHE)} always;
      add_header Retry-After {table.RETRY_SECONDS} always;
      try_files $uri @starting;
    }}
    location ~ ^/({"|".join(str(code) for code in table.ERROR_PAGES)})\\.html$ {{
      internal;
{_headers(config, "      ")}
      add_header Cache-Control {_quoted(table.ERROR_CACHE)} always;
    }}
    location @busy {{
{_headers(config, "      ")}
      add_header Cache-Control {_quoted(table.ERROR_CACHE)} always;
      add_header Retry-After {table.RETRY_SECONDS} always;
      try_files /{table.ERROR_PAGES[503]} @starting;
    }}
    location @starting {{
{_headers(config, "      ")}
      add_header Cache-Control {_quoted(table.ERROR_CACHE)} always;
      add_header Retry-After {table.RETRY_SECONDS} always;
      root {_quoted(run)};
      try_files /starting.html =503;
    }}
  }}
}}
"""


def _proxy() -> str:
    return f"""      proxy_pass http://api;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_read_timeout {table.API_SECONDS}s;
      error_page 502 504 =503 $api_away;
      error_page 413 = @api_too_large;"""


def _uploads(config: Config) -> str:
    """Where there is no place for them the API says so. Nothing below the address is anything else than an upload."""
    if config.uploads is None:
        return ""
    https = config.origin.startswith("https:")
    kinds = "\n".join(_upload(config.uploads, kind, https=https) for kind in table.UPLOAD_NAMES)
    return f"""    location ^~ {table.UPLOADS} {{
      error_page 403 404 =404 @no_upload;
      error_page 405 = @no_method;
{kinds}
      return 404;
    }}
    location @no_upload {{
{_headers(config, "      ")}
      add_header Cache-Control {_quoted(table.ERROR_CACHE)} always;
      default_type application/json;
      return 404 {_quoted(table.NO_UPLOAD)};
    }}
    location @no_method {{
{_headers(config, "      ")}
      add_header Allow "GET, HEAD" always;
      default_type application/json;
      return 405 {_quoted(table.NO_METHOD)};
    }}"""


def _upload(folder: Path, kind: str, *, https: bool) -> str:
    headers = table.upload_headers(kind, https=https).items()
    lines = "\n".join(f"        add_header {name} {_quoted(value)};" for name, value in headers)
    return f"""      location ~ {_quoted(table.UPLOAD_NAME % kind)} {{
        if ($request_method !~ "^(GET|HEAD)$") {{ return 405; }}
        alias {_quoted(f"{folder}/$upload")};
        disable_symlinks on from={_quoted(folder)};
        gzip_static off;
        types {{ }}
        default_type {table.UPLOAD_NAMES[kind]};
{lines}
      }}"""


def _address(config: Config) -> str:
    return f"[{config.bind}]:{config.port}" if ":" in config.bind else f"{config.bind}:{config.port}"


def _page(config: Config) -> str:
    """What every page of the tree is served with. `add_header` in a location discards what it would inherit."""
    return f"""{_headers(config, "      ")}
      add_header Cache-Control {_quoted(table.PAGE_CACHE)};
      if ($request_method !~ "^(GET|HEAD)$") {{ return 405; }}"""


def _headers(config: Config, indent: str) -> str:
    headers = table.every_answer(https=config.origin.startswith("https:"))
    return "\n".join(f"{indent}add_header {name} {_quoted(value)} always;" for name, value in headers)


def _redirects() -> str:
    rows = [
        f"    if ($request_uri ~ {_quoted(_of_request(redirect.pattern))}) {{ return 301 {redirect.target}; }}"
        for redirect in table.REDIRECTS
    ]
    return "\n".join(rows)


def _of_request(pattern: str) -> str:
    """`$request_uri` is what the reader asked for, with its query; internal redirects leave it alone."""
    return pattern.removesuffix("$") + r"(\?|$)"


def _types() -> str:
    return "\n".join(f"    {kind} {suffix.removeprefix('.')};" for suffix, kind in table.TYPES.items())


def _temporary_paths(run: Path) -> str:
    return "\n".join(f"  {name}_temp_path {_quoted(run / 'nginx' / name)};" for name in TEMPORARY)


def _real_address(config: Config) -> str:
    if not config.proxy_ip:
        return ""
    return f"  set_real_ip_from {config.proxy_ip};\n  real_ip_header X-Forwarded-For;"


def _user() -> str:
    """As root, nginx would drop to an account that may not be able to read the tree: stay who we are."""
    if os.geteuid() != 0:
        return ""
    name = pwd.getpwuid(0).pw_name
    return f"user {name} {name};\n"


def _quoted(value: object) -> str:
    text = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
