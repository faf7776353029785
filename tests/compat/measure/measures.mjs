export async function testMeasures() {}
