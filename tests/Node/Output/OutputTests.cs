using System.Text.Json;
using Omega.P2P.Node.Output;

namespace Omega.P2P.Node.Tests.Output;

public sealed class OutputTests
{
    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(1023, "1023 B")]
    [InlineData(1024, "1.0 KiB")]
    [InlineData(4_299_161, "4.1 MiB")]
    [InlineData(1_048_575, "1.0 MiB")]
    [InlineData(1L << 30, "1.0 GiB")]
    [InlineData(long.MaxValue, "8.0 EiB")]
    public void BytesReadWell(long bytes, string shown) => Assert.Equal(shown, Figures.Bytes(bytes));

    [Theory]
    [InlineData(-5, "0s")]
    [InlineData(59, "59s")]
    [InlineData(60, "1m")]
    [InlineData(7200, "2h")]
    [InlineData(3 * 86400, "3d")]
    [InlineData(21 * 86400, "3w")]
    [InlineData(800 * 86400, "2y")]
    public void AgesReadWell(long seconds, string shown) => Assert.Equal(shown, Figures.Age(0, seconds * 1000));

    [Fact]
    public void ColumnsAlignAndForeignTextCannotMoveTheCursor()
    {
        var table = new Table("cid", "kind", "age");
        table.Add("b3:1", "snapshot.vm", "1m");
        table.Add("b3:2222", "x\u001b[2J", "2m");
        Assert.Equal(
            ["cid      kind         age", "b3:1     snapshot.vm  1m", "b3:2222  x\uFFFD[2J        2m"],
            table.Lines());
    }

    [Fact]
    public void AnEmptyTableSaysNothing() => Assert.Empty(new Table("a", "b").Lines());

    [Fact]
    public void AFailureIsTheLastLineOnStderrUnderJson()
    {
        StringWriter output = new(), error = new();
        using (var terminal = new Terminal(output, error, json: true))
        {
            terminal.Notice("working");
            terminal.Say("not shown");
            terminal.Fail(ErrorReport.Of(new OmegaException(ExitCode.NotFound, "not_found", "no \"é\"")
            {
                Hint = "omega ls",
                Field = "ID",
            }));
        }

        var last = error.ToString().TrimEnd('\n').Split('\n')[^1];
        const string Expected =
            """{"error":{"code":"not_found","exit":5,"message":"no \"é\"","hint":"omega ls","field":"ID"}}""";
        Assert.Equal(Expected, last);
        Assert.Empty(output.ToString());
        var back = ErrorReport.FromJson(JsonDocument.Parse(last).RootElement);
        Assert.Equal(new ErrorReport("not_found", ExitCode.NotFound, "no \"é\"", "omega ls", "ID"), back);
    }

    [Fact]
    public void PeopleGetMessageAndHint()
    {
        StringWriter output = new(), error = new();
        using (var terminal = new Terminal(output, error))
        {
            terminal.Check("wrote it");
            terminal.Progress("never seen: not a terminal");
            terminal.Fail(new ErrorReport("x", ExitCode.Error, "broken", "mend it", null));
        }

        Assert.Equal("  ✓ wrote it\n", output.ToString());
        Assert.Equal("omega: broken\nhint: mend it\n", error.ToString());
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("""{"error":5}""")]
    [InlineData("""{"ok":true}""")]
    public void OtherLinesAreNoReport(string line) =>
        Assert.Null(ErrorReport.FromJson(JsonDocument.Parse(line).RootElement));

    [Fact]
    public void WhatNobodyForesawIsCalledInternal()
    {
        var report = ErrorReport.Of(new InvalidOperationException("boom"));
        Assert.Equal("internal", report.Code);
        Assert.Equal(ExitCode.Interrupted, ErrorReport.Of(new OperationCanceledException()).Exit);
        Assert.Equal("disk_full", ErrorReport.Of(new Omega.P2P.Storage.Files.DiskFullException("x")).Code);
        // As the runtime throws it, for the small files of a home.
        Assert.Equal("disk_full", ErrorReport.Of(new IOException("No space left on device", 28)).Code);
        Assert.Equal("io", ErrorReport.Of(new IOException("broken", 5)).Code);
        var failed = new Omega.P2P.Engine.EngineResult.Failed(Omega.P2P.Federation.MeshError.NoRoom, "no space");
        var inDaemon = ErrorReport.Of(Omega.P2P.Node.Service.Failures.Of(failed));
        Assert.Equal(("disk_full", ErrorReport.MakeRoom), (inDaemon.Code, inDaemon.Hint));
    }
}
