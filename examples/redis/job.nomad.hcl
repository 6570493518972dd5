job "redis" {
  group "redis" {
    count = 1

    task "redis" {
      driver       = "docker"
      kill_timeout = "60s"

      config {
        image = "redis:7.4"
        args  = ["redis-server", "--appendonly", "yes", "--appendfsync", "always"]

        mount {
          type   = "volume"
          source = "redis"
          target = "/data"

          volume_options {
            driver_config {
              name = "ebs"

              options {
                size = "5GiB"
                uid  = "999"
                gid  = "999"
                mode = "0750"
              }
            }
          }
        }
      }

      resources {
        cpu    = 500
        memory = 512
      }
    }
  }
}
