job "wordpress" {
  group "wordpress" {
    count = 1

    task "wordpress" {
      driver = "docker"

      config {
        image = "wordpress:6"

        mount {
          type   = "volume"
          source = "wordpress"
          target = "/var/www/html/wp-content"

          volume_options {
            driver_config {
              name = "shared"

              options {
                uid  = "33"
                gid  = "33"
                mode = "0755"
              }
            }
          }
        }
      }

      env {
        WORDPRESS_DB_HOST     = "mariadb.example"
        WORDPRESS_DB_USER     = "root"
        WORDPRESS_DB_PASSWORD = "change-me"
      }

      resources {
        cpu    = 500
        memory = 512
      }
    }
  }
}
