job "mariadb" {
  group "mariadb" {
    count = 1

    task "mariadb" {
      driver       = "docker"
      kill_timeout = "120s"

      config {
        image = "mariadb:11.4"

        mount {
          type   = "volume"
          source = "mariadb"
          target = "/var/lib/mysql"

          volume_options {
            driver_config {
              name = "ebs"

              options {
                size   = "20GiB"
                fsType = "xfs"
                uid    = "999"
                gid    = "999"
                mode   = "0750"
              }
            }
          }
        }
      }

      env {
        MARIADB_ROOT_PASSWORD = "change-me"
      }

      resources {
        cpu    = 500
        memory = 1024
      }
    }
  }
}
