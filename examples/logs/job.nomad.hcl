job "logs" {
  group "logs" {
    count = 1

    task "logs" {
      driver = "docker"

      config {
        image   = "busybox:1.37"
        command = "sh"
        args    = ["-c", "while true; do date >> /var/log/app/app.log; sleep 1; done"]

        mount {
          type   = "volume"
          source = "logs"
          target = "/var/log/app"

          volume_options {
            driver_config {
              name = "shared"

              options {
                uid  = "0"
                mode = "0750"
              }
            }
          }
        }
      }

      resources {
        cpu    = 500
        memory = 32
      }
    }
  }
}
