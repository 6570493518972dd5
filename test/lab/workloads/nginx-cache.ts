import { numbers, type Workload } from './workload.ts';

const address = '127.0.0.1:8080';
const page = 'x'.repeat(3000);
/** A cache before an origin, which is another server of the same nginx. */
const configuration = `
daemon off; pid /run/pid; error_log stderr;
events {}
http {
  access_log off; client_body_temp_path /run/body; proxy_temp_path /run/p; fastcgi_temp_path /run/f; uwsgi_temp_path /run/u; scgi_temp_path /run/s;
  proxy_cache_path /data/pages levels=1:2 keys_zone=pages:1m max_size=64m inactive=1d use_temp_path=off;
  server {
    listen ${address};
    location / {
      proxy_pass http://unix:/run/origin; proxy_cache pages; proxy_cache_key $uri; proxy_cache_valid 1d;
      add_header X-Cache $upstream_cache_status;
    }
  }
  server { listen unix:/run/origin; location ~ ^/(.*)$ { return 200 "page $1 ${page} $1 end\\n"; } }
}`;
const get = (number: string) => `busybox wget -S -q -O /run/page http://${address}/${number} 2> /run/head`;
const isWhole = (number: string) => `test "$(cat /run/page)" = "page ${number} ${page} ${number} end"`;

/** It keeps copies, so a page may be gone after a power failure. A page that is served must be whole. */
export const nginxCache: Workload = {
  name: 'nginx-cache',
  files: { 'nginx.conf': configuration },
  server: 'nginx -e stderr -c /host/nginx.conf',
  answers: `busybox wget -q -O /dev/null http://${address}/0`,
  // Acknowledged: the second answer came from the cache.
  client: `while read -r n; do ${get('$n')}; ${get('$n')}; ${isWhole('$n')} && grep -q 'X-Cache: HIT' /run/head && echo $n; done`,
  requests: (rows) => `${numbers(rows).join('\n')}\n`,
  check: 'nginx -t -q -e stderr -c /host/nginx.conf',
  rows: `while read -r n; do ${get('$n')} && ${isWhole('$n')} && echo $n; done < /host/acknowledged`,
};
