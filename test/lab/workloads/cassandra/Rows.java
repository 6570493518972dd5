import com.datastax.driver.core.Cluster;
import com.datastax.driver.core.Session;
import com.datastax.driver.core.SimpleStatement;
import java.util.Scanner;
import java.util.TreeSet;

/** Writes the rows whose numbers it reads, and prints each number once the node has acknowledged it; or prints those of all rows. */
class Rows {
  public static void main(String[] words) {
    try (Cluster cluster = Cluster.builder().addContactPoint("127.0.0.1").withoutJMXReporting().build();
        Session session = cluster.connect()) {
      if (words[0].equals("write")) write(session);
      else print(session);
    }
  }

  static void write(Session session) {
    var settings = session.execute("SELECT value FROM system_views.settings WHERE name = 'commitlog_sync'");
    if (!settings.one().getString("value").equals("batch")) throw new Error("It does not sync its log.");
    session.execute("CREATE KEYSPACE workload WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}");
    session.execute("CREATE TABLE workload.kept (n int PRIMARY KEY, page text)");
    var insert = session.prepare("INSERT INTO workload.kept (n, page) VALUES (?, ?)");
    for (var numbers = new Scanner(System.in); numbers.hasNextInt(); ) {
      int n = numbers.nextInt();
      session.execute(insert.bind(n, page(n)));
      System.out.println(n);
    }
  }

  static void print(Session session) {
    var whole = new TreeSet<Integer>();
    // The default of 5000 rows at once would not fit into its memory.
    var all = new SimpleStatement("SELECT n, page FROM workload.kept").setFetchSize(50);
    for (var row : session.execute(all))
      if (row.getString("page").equals(page(row.getInt("n")))) whole.add(row.getInt("n"));
    whole.forEach(System.out::println);
  }

  static String page(int n) {
    return ("row " + n + "; ").repeat(5000);
  }
}
