job "postgresql" {
  group "postgresql" {
    count = 1

    task "postgresql" {
      driver       = "docker"
      kill_timeout = "120s"

      config {
        image = "postgres:17"

        mount {
          type   = "volume"
          source = "postgresql"
          target = "/var/lib/postgresql/data"

          volume_options {
            driver_config {
              name = "ebs"

              options {
                size   = "20GiB"
                fsType = "xfs"
                uid    = "999"
                gid    = "999"
                mode   = "0700"
              }
            }
          }
        }
      }

      env {
        POSTGRES_PASSWORD = "change-me"
      }

      resources {
        cpu    = 500
        memory = 1024
      }
    }
  }
}
