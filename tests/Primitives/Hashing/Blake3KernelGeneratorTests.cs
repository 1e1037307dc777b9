namespace Omega.P2P.Primitives.Tests.Hashing;

public sealed class Blake3KernelGeneratorTests
{
    /// <summary>Set to 1, this test rewrites the kernels instead of comparing them.</summary>
    private const string RewriteVariable = "OMEGA_WRITE_KERNELS";

    [Fact]
    public void CheckedInKernelsAreWhatTheGeneratorWrites()
    {
        var folder = RepositoryFolder.Path("src", "Primitives", "Hashing");
        var files = Blake3KernelGenerator.Files().ToList();
        if (Environment.GetEnvironmentVariable(RewriteVariable) == "1")
        {
            foreach (var (name, text) in files) File.WriteAllText(Path.Combine(folder, name), text);
        }

        Assert.Equal(
            files.Select(f => f.Name).Order(StringComparer.Ordinal),
            Directory.GetFiles(folder, "*.g.cs").Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.All(files, f => Assert.True(
            File.ReadAllText(Path.Combine(folder, f.Name)) == f.Text,
            $"{f.Name} is out of date: run this test with {RewriteVariable}=1 and build again."));
    }
}
