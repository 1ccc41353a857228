/// The version of this package, shown by every program of it.
public enum ProductVersion {
    /// Major, minor, patch.
    public static let current = "0.1.0"
}
