package dev.graft.data;

/**
 * The resizing that {@code tf.image.resize(..., method="bilinear", antialias=True)} documents, done
 * on arrays: each new pixel is a mean weighted by a triangle, which is widened when shrinking.
 */
final class TriangleFilter {

  private TriangleFilter() {}

  static double[] resize(float[] image, int height, int width, int newHeight, int newWidth) {
    double[] out = new double[newHeight * newWidth * 3];
    double[][] rows = weights(height, newHeight);
    double[][] columns = weights(width, newWidth);
    for (int y = 0; y < newHeight; y++) {
      for (int x = 0; x < newWidth; x++) {
        for (int c = 0; c < 3; c++) {
          double sum = 0;
          for (int i = 0; i < height; i++) {
            for (int j = 0; rows[y][i] != 0 && j < width; j++) {
              sum += rows[y][i] * columns[x][j] * image[3 * (i * width + j) + c];
            }
          }
          out[3 * (y * newWidth + x) + c] = sum;
        }
      }
    }
    return out;
  }

  private static double[][] weights(int from, int to) {
    double[][] weights = new double[to][from];
    double step = (double) from / to;
    double reach = Math.max(step, 1);
    for (int i = 0; i < to; i++) {
      double centre = (i + 0.5) * step;
      double sum = 0;
      for (int j = 0; j < from; j++) {
        weights[i][j] = Math.max(0, 1 - Math.abs(j + 0.5 - centre) / reach);
        sum += weights[i][j];
      }
      for (int j = 0; j < from; j++) {
        weights[i][j] /= sum;
      }
    }
    return weights;
  }
}
