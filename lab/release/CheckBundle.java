import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.Node;

/**
 * Checks a release bundle by the rules of Maven Central (central.sonatype.org/publish/requirements)
 * and some of our own: a licence and a notice in each jar of classes or sources, class files of
 * Java 17 or older, module names, a BOM that names exactly the published jars, and a second build
 * in another folder that gives the same bytes. Prints each fault, and fails if there is any.
 *
 * <p>Arguments: the version; "signed" or nothing; the folders of the two builds.
 */
final class CheckBundle {
  private static final String GROUP = "io/github/ssekit";
  private static final int JAVA_17 = 61;

  private final String version;
  private final boolean signed;
  private final Path build;
  private final Path bundle;
  private final List<String> faults = new ArrayList<>();

  private CheckBundle(String version, boolean signed, Path build) {
    this.version = version;
    this.signed = signed;
    this.build = build;
    bundle = build.resolve("target/bundle");
  }

  public static void main(String[] args) throws Exception {
    CheckBundle first = new CheckBundle(args[0], args[1].equals("signed"), Path.of(args[2]));
    CheckBundle second = new CheckBundle(args[0], false, Path.of(args[3]));
    first.check();
    first.compareWith(second);
    first.faults.forEach(fault -> System.out.println("fault: " + fault));
    System.out.printf(
        "release bundle %s: %d files of %s, %d faults%n",
        args[0], first.published().size(), first.modules(), first.faults.size());
    System.exit(first.faults.isEmpty() ? 0 : 1);
  }

  private void require(boolean holds, String fault) {
    if (!holds) {
      faults.add(fault);
    }
  }

  private Set<String> modules() throws IOException {
    try (Stream<Path> folders = Files.list(bundle.resolve(GROUP))) {
      return folders.map(f -> f.getFileName().toString()).collect(Collectors.toCollection(TreeSet::new));
    }
  }

  /** The files to upload, without metadata, which the repository writes itself. */
  private Set<String> published() throws IOException {
    try (Stream<Path> files = Files.walk(bundle)) {
      return files
          .filter(Files::isRegularFile)
          .filter(file -> !file.getFileName().toString().startsWith("maven-metadata"))
          .map(file -> bundle.relativize(file).toString())
          .collect(Collectors.toCollection(TreeSet::new));
    }
  }

  private void check() throws Exception {
    require(!version.endsWith("-SNAPSHOT"), "version " + version + " is a snapshot");
    require(modules().contains("sse-core"), "sse-core is missing: the bundle has " + modules());
    Set<String> jars = new TreeSet<>();
    for (String module : modules()) {
      String base = GROUP + "/" + module + "/" + version + "/" + module + "-" + version;
      require(exists(base + ".pom"), module + " has no POM");
      Element pom = pom(base + ".pom");
      checkPom(module, pom);
      if (!text(pom, "packaging").equals("pom")) {
        jars.add(module);
        for (String kind : List.of("", "-sources", "-javadoc")) {
          checkJar(base + kind + ".jar", kind);
        }
        checkSources(base);
      }
    }
    checkBom(jars);
    for (String file : published()) {
      checkFile(file);
    }
  }

  private boolean exists(String file) {
    return Files.exists(bundle.resolve(file));
  }

  private Element pom(String file) throws Exception {
    DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
    factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
    Document document = factory.newDocumentBuilder().parse(bundle.resolve(file).toFile());
    return document.getDocumentElement();
  }

  /** The text at a path of elements, or "". */
  private static String text(Element from, String path) {
    Node node = from;
    for (String name : path.split("/")) {
      node = child(node, name);
      if (node == null) {
        return "";
      }
    }
    return node.getTextContent().strip();
  }

  private static Node child(Node parent, String name) {
    for (Node each = parent.getFirstChild(); each != null; each = each.getNextSibling()) {
      if (name.equals(each.getNodeName())) {
        return each;
      }
    }
    return null;
  }

  /**
   * Checks the elements that a POM must have itself, and the elements that it may inherit from its
   * parent, which is published beside it.
   */
  private void checkPom(String module, Element pom) throws Exception {
    boolean hasParent = !text(pom, "parent/artifactId").isEmpty();
    require(
        !hasParent || text(pom, "parent/version").equals(version),
        module + ": its parent has version " + text(pom, "parent/version"));
    for (String field : List.of("name", "description")) {
      require(!text(pom, field).isEmpty(), module + ": the POM has no " + field);
    }
    Element inherited =
        hasParent ? pom(GROUP + "/sse-kit/" + version + "/sse-kit-" + version + ".pom") : pom;
    for (String field :
        List.of(
            "url",
            "licenses/license/name",
            "licenses/license/url",
            "developers/developer/name",
            "scm/url",
            "scm/connection",
            "scm/developerConnection")) {
      require(
          !text(pom, field).isEmpty() || !text(inherited, field).isEmpty(),
          module + ": the POM has no " + field);
    }
    for (String field : List.of("repositories", "pluginRepositories")) {
      require(child(pom, field) == null, module + ": the POM has " + field);
    }
  }

  private void checkJar(String file, String kind) throws IOException {
    if (!exists(file)) {
      faults.add(file + " is missing");
      return;
    }
    try (JarFile jar = new JarFile(bundle.resolve(file).toFile())) {
      if (kind.equals("-javadoc")) {
        require(jar.getEntry("index.html") != null, file + " has no index.html");
        return;
      }
      for (String entry : List.of("META-INF/LICENSE", "META-INF/NOTICE")) {
        require(jar.getEntry(entry) != null, file + " has no " + entry);
      }
      if (kind.isEmpty()) {
        require(
            jar.getEntry("module-info.class") != null
                || jar.getManifest().getMainAttributes().getValue("Automatic-Module-Name") != null,
            file + " has no module name");
        for (ZipEntry entry : jar.stream().filter(e -> e.getName().endsWith(".class")).toList()) {
          try (DataInputStream in = new DataInputStream(jar.getInputStream(entry))) {
            int magic = in.readInt();
            int minor = in.readUnsignedShort();
            int major = in.readUnsignedShort();
            require(
                magic == 0xCAFEBABE && minor == 0 && major <= JAVA_17,
                file + ": " + entry.getName() + " is of class file version " + major);
          }
        }
      }
    }
  }

  /** Checks that each class has its source. */
  private void checkSources(String base) throws IOException {
    if (!exists(base + ".jar") || !exists(base + "-sources.jar")) {
      return;
    }
    try (JarFile classes = new JarFile(bundle.resolve(base + ".jar").toFile());
        JarFile sources = new JarFile(bundle.resolve(base + "-sources.jar").toFile())) {
      classes.stream()
          .map(ZipEntry::getName)
          .filter(name -> name.endsWith(".class"))
          .map(name -> name.replaceFirst("(\\$.*)?\\.class$", ".java"))
          .distinct()
          .forEach(name -> require(sources.getEntry(name) != null, base + ": no source " + name));
    }
  }

  private void checkBom(Set<String> jars) throws Exception {
    Element bom = pom(GROUP + "/sse-kit-bom/" + version + "/sse-kit-bom-" + version + ".pom");
    require(child(bom, "parent") == null, "the BOM has a parent, whose versions it would force");
    require(child(bom, "properties") == null, "the BOM has properties");
    Set<String> managed = new TreeSet<>();
    Node dependencies = child(child(bom, "dependencyManagement"), "dependencies");
    for (Node each = dependencies.getFirstChild(); each != null; each = each.getNextSibling()) {
      if (each instanceof Element dependency) {
        managed.add(text(dependency, "artifactId"));
        require(
            text(dependency, "version").equals("${project.version}")
                || text(dependency, "version").equals(version),
            "the BOM has version " + text(dependency, "version"));
      }
    }
    require(managed.equals(jars), "the BOM has " + managed + ", published are " + jars);
  }

  /** Checks a file's checksums and signature, and that it doesn't name its build's folder. */
  private void checkFile(String file) throws Exception {
    if (file.matches(".*\\.(md5|sha1|sha256|sha512)")) {
      return;
    }
    byte[] bytes = Files.readAllBytes(bundle.resolve(file));
    require(
        !new String(bytes, ISO_8859_1).contains(build.toString()), file + " names " + build);
    if (file.endsWith(".asc")) {
      return;
    }
    for (String algorithm : List.of("md5", "sha1")) {
      Path sum = bundle.resolve(file + "." + algorithm);
      String expected =
          HexFormat.of()
              .formatHex(
                  MessageDigest.getInstance(algorithm.replace("sha", "SHA-")).digest(bytes));
      require(
          Files.exists(sum) && Files.readString(sum, UTF_8).strip().equals(expected),
          file + " has no right " + algorithm);
    }
    require(!signed || exists(file + ".asc"), file + " has no signature");
  }

  private void compareWith(CheckBundle other) throws IOException {
    Set<String> own = published();
    own.removeIf(file -> file.contains(".asc"));
    require(
        own.equals(other.published()), "the second build has other files: " + other.published());
    for (String file : own) {
      try (InputStream a = Files.newInputStream(bundle.resolve(file));
          InputStream b = Files.newInputStream(other.bundle.resolve(file))) {
        require(
            MessageDigest.isEqual(a.readAllBytes(), b.readAllBytes()),
            file + " has other bytes in the second build");
      } catch (java.nio.file.NoSuchFileException e) {
        faults.add(file + " is not in the second build");
      }
    }
  }
}
