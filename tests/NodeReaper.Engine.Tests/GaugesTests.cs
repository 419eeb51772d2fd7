using NodeReaper.Engine.Policy;
using static NodeReaper.Engine.Tests.Candidates.Made;

namespace NodeReaper.Engine.Tests;

/// <summary>The figures of the moment.</summary>
public sealed class GaugesTests : CycleTest
{
    [Theory]
    [InlineData(400, true, 400)]
    [InlineData(60, true, 60)]
    [InlineData(0, true, 0)]
    [InlineData(400, false, 0)]
    public void Swap_is_to_spare_while_it_keeps_the_threshold_from_counting(int swapMib, bool usesSwap, long toSpareMib)
    {
        var policy = new PressurePolicy { UseSwap = usesSwap };
        SetAvailable(60, swapMib);
        var cycle = Make(new ReapPolicy { Pressure = policy });
        Assert.True(_node!.Read(policy));
        cycle.NoteGauges();
        Assert.Equal((toSpareMib * Mib, toSpareMib == 0), (cycle.Gauges.SwapToSpareBytes, cycle.Gauges.IsShort));
    }
}
