package io.github.ssekit.chat;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.ImageWriter;
import javax.imageio.metadata.IIOMetadata;
import javax.imageio.metadata.IIOMetadataNode;
import javax.imageio.stream.ImageOutputStream;

/** A GIF that plays its frames, one after the other, for ever. */
final class Animation implements AutoCloseable {
  private static final String FORMAT = "javax_imageio_gif_image_1.0";

  private final ImageWriter writer = ImageIO.getImageWritersByFormatName("gif").next();
  private final ImageOutputStream file;

  Animation(Path file) throws IOException {
    Files.deleteIfExists(file);
    this.file = ImageIO.createImageOutputStream(file.toFile());
    writer.setOutput(this.file);
    writer.prepareWriteSequence(null);
  }

  /**
   * Adds a frame without transparency.
   *
   * @param hundredths the time to show the frame, in hundredths of a second
   */
  void add(BufferedImage frame, int hundredths) throws IOException {
    IIOMetadata metadata =
        writer.getDefaultImageMetadata(ImageTypeSpecifier.createFromRenderedImage(frame), null);
    IIOMetadataNode root = new IIOMetadataNode(FORMAT);
    IIOMetadataNode control = new IIOMetadataNode("GraphicControlExtension");
    control.setAttribute("disposalMethod", "none");
    control.setAttribute("userInputFlag", "FALSE");
    control.setAttribute("transparentColorFlag", "FALSE");
    control.setAttribute("transparentColorIndex", "0");
    control.setAttribute("delayTime", "" + hundredths);
    root.appendChild(control);
    IIOMetadataNode extensions = new IIOMetadataNode("ApplicationExtensions");
    IIOMetadataNode loop = new IIOMetadataNode("ApplicationExtension");
    loop.setAttribute("applicationID", "NETSCAPE");
    loop.setAttribute("authenticationCode", "2.0");
    loop.setUserObject(new byte[] {1, 0, 0}); // for ever
    extensions.appendChild(loop);
    root.appendChild(extensions);
    metadata.mergeTree(FORMAT, root);
    writer.writeToSequence(new IIOImage(frame, null, metadata), null);
  }

  @Override
  public void close() throws IOException {
    writer.endWriteSequence();
    file.close();
    writer.dispose();
  }
}
