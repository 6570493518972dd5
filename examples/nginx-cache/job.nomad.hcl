job "nginx-cache" {
  group "nginx-cache" {
    count = 1

    task "nginx-cache" {
      driver = "docker"

      config {
        image   = "nginx:1.28"
        command = "sh"
        args    = ["-c", "printf 'proxy_cache_path /var/cache/nginx/pages keys_zone=pages:10m max_size=8g use_temp_path=off; server { listen 80; location / { proxy_cache pages; proxy_pass http://origin.example; } }' > /etc/nginx/conf.d/default.conf && exec nginx -g 'daemon off;'"]

        mount {
          type   = "volume"
          source = "nginx-cache"
          target = "/var/cache/nginx"

          volume_options {
            driver_config {
              name = "holdfast"

              options {
                size = "10GiB"
              }
            }
          }
        }
      }

      resources {
        cpu    = 500
        memory = 256
      }
    }
  }
}
